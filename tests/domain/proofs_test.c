/*
 * What evidence amounts to: the level that follows, until when, and the level of a sign-in.
 */
#include "domain/proofs.h"
#include "test.h"

#define NOW 1000000

static struct verification_row row(int level, int64_t expires_at) {
    return (struct verification_row){
        .evidence = {.result = VERIFY_MATCH, .level = level, .checked_at = NOW - 10, .expires_at = expires_at}};
}

static void the_level_is_that_of_the_best_evidence_that_counts(void **state) {
    const struct {
        const char *name;
        struct verification_row rows[3];
        int level;
        int64_t until;
    } cases[] = {
        {"nothing", {{.evidence = {.result = VERIFY_MATCH}}}, 1, 0},
        {"for ever", {row(2, 0)}, 2, 0},
        {"for a while", {row(2, NOW + 5)}, 2, NOW + 5},
        {"the best counts", {row(2, 0), row(3, NOW + 5)}, 3, NOW + 5},
        {"whatever the order", {row(3, NOW + 5), row(2, 0)}, 3, NOW + 5},
        {"of two, the one that lasts", {row(3, NOW + 5), row(3, NOW + 9)}, 3, NOW + 9},
        {"of two, the one that lasts, first", {row(3, NOW + 9), row(3, NOW + 5)}, 3, NOW + 9},
        {"of two, the one for ever", {row(3, NOW + 5), row(3, 0)}, 3, 0},
        {"of two, the one for ever, first", {row(3, 0), row(3, NOW + 5)}, 3, 0},
        {"expired", {row(3, NOW), row(2, 0)}, 2, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t until = -1;
        assert_row(proof_level(cases[i].rows, 3, NOW, &until) == cases[i].level, cases[i].name);
        assert_row(until == cases[i].until, cases[i].name);
    }
}

static void what_did_not_match_or_was_ended_does_not_count(void **state) {
    int64_t until;
    struct verification_row ended = row(4, 0), refused = row(4, 0);
    ended.evidence.ended_at = NOW - 1;
    assert_false(proof_counts(&ended, NOW));
    assert_int_equal(proof_level(&ended, 1, NOW, &until), 1);
    for (enum verify_result result = VERIFY_MISMATCH; result <= VERIFY_UPSTREAM_ERROR; result++) {
        refused.evidence.result = result;
        assert_int_equal(proof_level(&refused, 1, NOW, &until), 1);
    }
}

static void a_sign_in_is_worth_the_lower_of_proof_and_methods(void **state) {
    const struct {
        const char *name;
        int proven;
        unsigned amr;
        int level;
    } cases[] = {
        {"a password shows no more than 2", 4, AMR_PWD, 2},
        {"and no more than what is proven", 1, AMR_PWD, 1},
        {"a face besides shows 3", 4, AMR_PWD | AMR_FACE, 3},
        {"a one-time password besides shows 4", 4, AMR_PWD | AMR_OTP | AMR_MFA | AMR_BOUND, 4},
        {"one that whoever has the password may have set up does not", 4, AMR_PWD | AMR_OTP | AMR_MFA, 2},
        {"and with a face shows what the face does", 4, AMR_PWD | AMR_OTP | AMR_FACE | AMR_MFA, 3},
        {"a one-time password does not prove more", 2, AMR_PWD | AMR_OTP | AMR_MFA | AMR_BOUND, 2},
        {"Alipay", 3, AMR_ALI, 2},
        {"WeChat", 3, AMR_WX, 2},
        {"a network identity with a face", 3, AMR_NCID | AMR_FACE, 3},
        {"a phone alone shows 1", 3, AMR_SMS, 1},
        {"a face alone is no sign-in", 3, AMR_FACE, 0},
        {"nothing shows nothing", 4, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct account account = {.level = cases[i].proven};
        assert_row(sign_in_level(&account, cases[i].amr) == cases[i].level, cases[i].name);
    }
}

RUN_TESTS(cmocka_unit_test(the_level_is_that_of_the_best_evidence_that_counts),
          cmocka_unit_test(what_did_not_match_or_was_ended_does_not_count),
          cmocka_unit_test(a_sign_in_is_worth_the_lower_of_proof_and_methods))
