/*
 * Acting for organisations: entering one, offering, accepting and ending mandates, judging them at use, and what ends
 * by itself. The register is this test's own: it answers what a script says.
 */
#include "domain/mandates.h"

#include "../../src/domain/mandates_inside.h"
#include "base/clock.h"
#include "domain/grant.h"
#include "domain/registry.h"
#include "domain/session.h"
#include "loop/fiber.h"
#include "register_fixture.h"
#include "store/kv.h"
#include "upstream/adapter.h"

#define CODE    "91350100M000100Y43"
#define NAME    "福州乙炳有限公司"
#define ADDRESS STR("192.0.2.9")
#define DAY_S   86400

/* --- the register --- */

static struct {
    enum verify_result result;
    enum organisation_status status;
    struct str mismatch_of; /* a representative's number that it does not confirm, whatever the result */
    int calls;
    struct upstream_asked asked;
} script;

static enum verify_result answer(struct upstream_call *call, const struct upstream_asked *asked,
                                 struct upstream_found *ret_found) {
    script.calls++;
    script.asked = *asked;
    ret_found->status = script.status;
    ret_found->org_type = STR("有限责任公司");
    ret_found->evidence.check_id = STR("chk-1");
    bool other = str_equal(script.mismatch_of, asked->representative_number);
    return other ? VERIFY_MISMATCH : script.result;
}

static const struct upstream_adapter adapter = {
    .name = "register", .authority = "samr", .traits = {.services = UPSTREAM_ORGANISATION}, .verify = answer};

const struct upstream_adapter *upstream_adapter_find(struct str name) {
    return str_equal(name, STR("register")) ? &adapter : NULL;
}

/* --- people and their places --- */

struct scene {
    struct domain *domain;
    struct arena *arena;
    struct account lawful, other, clerk, junior; /* proven to 3, 3, 2, 1 */
    int shown;                                   /* the most that a sign-in shows; 0 for all that is proven */
    int64_t shown_until;
    struct session session; /* of whoever acts */
    struct str organisation_id;
    struct client client; /* a portal of agency "a" */
};

static struct account person(struct scene *scene, const char *name, const char *number, const char *phone, int level) {
    struct str id;
    struct account account;
    const struct evidence evidence = {.source = STR("p"), .result = VERIFY_MATCH, .level = level, .checked_at = 5};
    const struct account_wanted wanted = {.profile = {.name = str_from(name),
                                                      .id_type = ID_TYPE_RESIDENT,
                                                      .id_number = str_from(number),
                                                      .phone_number = str_from(phone),
                                                      .phone_number_verified = true},
                                          .evidence = &evidence,
                                          .evidence_count = 1};
    assert_row(account_create(scene->domain, scene->arena, &wanted, &id) == DOMAIN_DONE, name);
    assert_row(account_load(scene->domain, scene->arena, id, &account) == DOMAIN_DONE, name);
    assert_int_equal(account.level, level);
    return account;
}

static struct signed_in signed_in(struct scene *scene, const struct account *account) {
    bool less = scene->shown > 0 && scene->shown < account->level;
    scene->session = (struct session){.account_id = account->account_id,
                                      .level = less ? scene->shown : account->level,
                                      .level_until = scene->shown_until};
    return (struct signed_in){account, &scene->session, ADDRESS};
}

static enum organisation_result enter(struct scene *scene, const struct account *account, const char *name,
                                      const char *code) {
    const struct signed_in who = signed_in(scene, account);
    const struct organisation_typed typed = {str_from(name), str_from(code)};
    return organisation_enter(scene->domain, scene->arena, &who, &typed, &scene->organisation_id);
}

static void with_people(struct domain *domain, void (*run)(struct scene *scene)) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct fault fault;
    struct upstream *upstream;
    const struct upstream_settings settings = {.name = STR("register"),
                                               .adapter = STR("register"),
                                               .url = STR("http://127.0.0.1"),
                                               .timeout_ms = 1000,
                                               .concurrent = 10,
                                               .breaker_errors = 100,
                                               .breaker_ms = 1000};
    assert_true(upstream_open(&settings, NULL, &upstream, &fault));
    domain->upstreams = (struct upstreams){&upstream, 1};
    memset(&script, 0, sizeof(script));
    script.result = VERIFY_MATCH;
    script.status = ORGANISATION_OPERATING;
    put_client(domain, arena, "portal", CLIENT_APPROVED, false);
    refresh(domain);
    struct scene scene = {
        .domain = domain,
        .arena = arena,
        .client = {.client_id = STR("portal"), .agency = STR("a"), .pairwise = true, .sector = STR("rp.example")}};
    scene.lawful = person(&scene, "测试甲", "110101199003070134", "+8613800000001", 3);
    scene.other = person(&scene, "测试乙", "110101199003070214", "+8613800000002", 3);
    scene.clerk = person(&scene, "测试丙", "110101199003070353", "+8613800000003", 2);
    scene.junior = person(&scene, "测试丁", "110101199003070433", "+8613800000004", 1);
    run(&scene);
    upstream_free(upstream);
    domain->upstreams = (struct upstreams){0};
}

#define CASE(name)                                                                                                     \
    static void name##_inside(struct domain *domain) {                                                                 \
        with_people(domain, name);                                                                                     \
    }                                                                                                                  \
    static void test_##name(void **state) {                                                                            \
        with_register(name##_inside);                                                                                  \
    }

static int64_t events_of(struct scene *scene, const char *name) {
    char query[200];
    snprintf(query, sizeof(query), "SELECT COUNT(*) FROM audit_outbox WHERE record LIKE '%%\"event\":\"%s\"%%'", name);
    return count_sql(scene->domain, query);
}

static void entered(struct scene *scene) {
    assert_int_equal(enter(scene, &scene->lawful, NAME, CODE), ORGANISATION_ENTERED);
}

static struct str held(struct scene *scene, const struct account *account, enum mandate_role role) {
    struct mandate *mandates;
    size_t count;
    assert_int_equal(mandates_held(scene->domain, scene->arena, account, &mandates, &count), DOMAIN_DONE);
    for (size_t i = 0; i < count; i++) {
        if (mandates[i].found.row.role == role) {
            return mandates[i].found.row.mandate_id;
        }
    }
    return STR_NONE;
}

static struct mandate_row row_of(struct scene *scene, struct str mandate_id) {
    struct mandate_found found;
    assert_int_equal(mandates_find(scene->domain->sql, scene->arena, mandate_id, &found), SQL_DONE);
    return found.row;
}

/* One end for all: what is granted within another's term may not end a second later. */
static int64_t term_end(void) {
    static int64_t end;
    end = end ? end : clock_wall() + 30 * DAY_S;
    return end;
}

static struct mandate_wanted wanted_for(struct scene *scene, enum mandate_role role, const char *name,
                                        const char *identifier) {
    return (struct mandate_wanted){.organisation_id = scene->organisation_id,
                                   .role = role,
                                   .name = str_from(name),
                                   .identifier = str_from(identifier),
                                   .scope = STR("*"),
                                   .not_after = term_end()};
}

static enum mandate_result offer(struct scene *scene, const struct account *grantor,
                                 const struct mandate_wanted *wanted, struct str *ret_id) {
    const struct signed_in who = signed_in(scene, grantor);
    struct mandate_problems problems;
    return mandate_offer(scene->domain, scene->arena, &who, wanted, &problems, ret_id);
}

static enum mandate_result accept(struct scene *scene, const struct account *account, struct str id, int64_t version) {
    const struct signed_in who = signed_in(scene, account);
    return mandate_accept(scene->domain, scene->arena, &who, id, version);
}

static enum mandate_result end_version(struct scene *scene, const struct account *account, struct str id,
                                       int64_t version) {
    const struct signed_in who = signed_in(scene, account);
    return mandate_end(scene->domain, scene->arena, &who, id, version);
}

static enum mandate_result end(struct scene *scene, const struct account *account, struct str id) {
    return end_version(scene, account, id, row_of(scene, id).version);
}

/* Offered and accepted. */
static struct str granted(struct scene *scene, const struct account *grantor, enum mandate_role role,
                          const struct account *grantee, const char *scope) {
    struct str id;
    struct mandate_wanted wanted = wanted_for(scene, role, "", "");
    wanted.name = grantee->profile.name;
    wanted.identifier = grantee->profile.id_number;
    wanted.scope = str_from(scope);
    assert_int_equal(offer(scene, grantor, &wanted, &id), MANDATE_DONE);
    assert_int_equal(accept(scene, grantee, id, 1), MANDATE_DONE);
    return id;
}

static enum domain_status acts(struct scene *scene, const struct account *account, struct str id) {
    struct acting acting;
    return acting_load(scene->domain, scene->arena, id, account->account_id, &scene->client, &acting);
}

static bool marked(struct scene *scene, struct str id) {
    struct str value;
    return kv_get(scene->domain->kv, scene->arena, STR("mc"), id, &value) == KV_DONE;
}

/* --- entering --- */

static void entering(struct scene *scene) {
    assert_int_equal(enter(scene, &scene->clerk, NAME, CODE), ORGANISATION_LEVEL);
    assert_int_equal(enter(scene, &scene->lawful, "", CODE), ORGANISATION_INVALID_NAME);
    assert_int_equal(enter(scene, &scene->lawful, "甲\x01乙", CODE), ORGANISATION_INVALID_NAME);
    assert_int_equal(enter(scene, &scene->lawful, "\xff\xfe", CODE), ORGANISATION_INVALID_NAME);
    assert_int_equal(enter(scene, &scene->lawful, NAME, "91350100M000100Y44"), ORGANISATION_INVALID_CODE);
    assert_int_equal(enter(scene, &scene->lawful, NAME, ""), ORGANISATION_INVALID_CODE);
    assert_int_equal(script.calls, 0);
    entered(scene);
    assert_true(str_equal(script.asked.representative_name, scene->lawful.profile.name));
    assert_true(str_equal(script.asked.representative_number, scene->lawful.profile.id_number));
    assert_str(script.asked.credit_code, CODE);
    struct organisation organisation;
    assert_int_equal(organisation_load(scene->domain, scene->arena, scene->organisation_id, &organisation),
                     DOMAIN_DONE);
    assert_str(organisation.name, NAME);
    assert_str(organisation.credit_code, CODE);
    assert_str(organisation.type, "有限责任公司");
    assert_str(organisation.row.check_id, "chk-1");
    assert_int_equal(organisation.row.due_at, organisation.row.checked_at + 30 * DAY_S);
    assert_int_equal(events_of(scene, "organisation.enter"), 1);
    /* Nothing of it can be read in the store. */
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM organisations WHERE INSTR(sealed, '" CODE "') > 0"),
                     0);
    /* Again: checked anew, and still one mandate. */
    entered(scene);
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM mandates"), 1);
    assert_int_equal(count_sql(scene->domain, "SELECT version FROM organisations"), 2);
    /* Somebody else is confirmed now: the first is to be asked about at once. */
    assert_int_equal(enter(scene, &scene->other, NAME, "９１350100m000100y43"), ORGANISATION_ENTERED);
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM organisations"), 1);
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM mandates WHERE state = 2"), 2);
    assert_int_equal(count_sql(scene->domain, "SELECT due_at - checked_at FROM organisations"), 0);
}
CASE(entering)

static void refusals(struct scene *scene) {
    static const struct {
        enum verify_result result;
        enum organisation_status status;
        enum organisation_result said;
    } rows[] = {
        {VERIFY_MISMATCH, ORGANISATION_UNKNOWN, ORGANISATION_REFUSED},
        {VERIFY_NOT_FOUND, ORGANISATION_UNKNOWN, ORGANISATION_REFUSED},
        {VERIFY_STATE_BAD, ORGANISATION_REVOKED, ORGANISATION_REFUSED},
        {VERIFY_MATCH, ORGANISATION_CANCELLED,
         ORGANISATION_REFUSED}, /* it is her, but there is no such firm any more */
        {VERIFY_UPSTREAM_ERROR, ORGANISATION_UNKNOWN, ORGANISATION_CANNOT_CHECK},
        {VERIFY_RATE_LIMITED, ORGANISATION_UNKNOWN, ORGANISATION_CANNOT_CHECK},
        {VERIFY_UNSUPPORTED, ORGANISATION_UNKNOWN, ORGANISATION_CANNOT_CHECK},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        script.result = rows[i].result;
        script.status = rows[i].status;
        assert_row(enter(scene, &scene->lawful, NAME, CODE) == rows[i].said, verify_result_name(rows[i].result));
    }
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM organisations"), 0);
    /* Four of the eight were counted; four more may be made, whatever comes of them. */
    script.result = VERIFY_MISMATCH;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(enter(scene, &scene->lawful, NAME, CODE), ORGANISATION_REFUSED);
    }
    int calls = script.calls;
    script.result = VERIFY_MATCH;
    assert_int_equal(enter(scene, &scene->lawful, NAME, CODE), ORGANISATION_LIMITED);
    assert_int_equal(enter(scene, &scene->other, NAME, CODE), ORGANISATION_LIMITED); /* the code's own limit */
    assert_int_equal(script.calls, calls);
    scene->domain->upstreams.count = 0;
    assert_int_equal(enter(scene, &scene->other, NAME, CODE), ORGANISATION_CANNOT_CHECK);
}
CASE(refusals)

/* --- granting --- */

static void offers(struct scene *scene) {
    struct str id;
    entered(scene);
    struct mandate_wanted good = wanted_for(scene, MANDATE_AGENT, "测试丙", "110101199003070353");
    const struct {
        const char *what;
        const struct account *grantor;
        struct mandate_wanted wanted;
        enum mandate_result result;
    } rows[] = {
#define WITH(member, value)                                                                                            \
    ({                                                                                                                 \
        struct mandate_wanted changed = good;                                                                          \
        changed.member = value;                                                                                        \
        changed;                                                                                                       \
    })
        {"a stranger", &scene->other, good, MANDATE_MISSING},
        {"no such organisation", &scene->lawful, WITH(organisation_id, STR("or_x")), MANDATE_MISSING},
        {"a representative", &scene->lawful, WITH(role, MANDATE_REPRESENTATIVE), MANDATE_REFUSED},
        {"no role", &scene->lawful, WITH(role, (enum mandate_role)0), MANDATE_REFUSED},
        {"no name", &scene->lawful, WITH(name, STR(" ")), MANDATE_INVALID},
        {"a user name", &scene->lawful, WITH(identifier, STR("zhang")), MANDATE_INVALID},
        {"a wrong number", &scene->lawful, WITH(identifier, STR("110101199003070354")), MANDATE_INVALID},
        {"oneself", &scene->lawful, WITH(identifier, scene->lawful.profile.id_number), MANDATE_INVALID},
        {"no scope", &scene->lawful, WITH(scope, STR("")), MANDATE_INVALID},
        {"matters alone", &scene->lawful, WITH(scope, STR("matter:0101")), MANDATE_INVALID},
        {"another word", &scene->lawful, WITH(scope, STR("* everything")), MANDATE_INVALID},
        {"no such client system", &scene->lawful, WITH(scope, STR("client:nobody")), MANDATE_INVALID},
        {"no such agency", &scene->lawful, WITH(scope, STR("agency:nobody")), MANDATE_INVALID},
        {"over already", &scene->lawful, WITH(not_after, clock_wall() - 1), MANDATE_INVALID},
        {"four years", &scene->lawful, WITH(not_after, clock_wall() + 4 * 365 * DAY_S), MANDATE_INVALID},
        {"begins in two years", &scene->lawful, WITH(not_before, clock_wall() + 2 * 365 * DAY_S), MANDATE_INVALID},
        {"somebody without an account", &scene->lawful, WITH(identifier, STR("13900000000")), MANDATE_DONE},
        {"by phone", &scene->lawful, WITH(identifier, STR("138 0000 0003")), MANDATE_DONE},
        {"a client system", &scene->lawful, WITH(scope, STR("client:portal  matter:0101")), MANDATE_DONE},
        {"an agency", &scene->lawful, WITH(scope, STR("agency:b")), MANDATE_DONE},
        {"as it should be", &scene->lawful, good, MANDATE_DONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(offer(scene, rows[i].grantor, &rows[i].wanted, &id) == rows[i].result, rows[i].what);
    }
    assert_int_equal(events_of(scene, "mandate.offer"), 5);
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM mandates WHERE account_id IS NULL"), 5);
    struct mandate *offered;
    size_t count;
    assert_int_equal(mandates_offered(scene->domain, scene->arena, &scene->clerk, &offered, &count), DOMAIN_DONE);
    assert_int_equal(count, 4);
    assert_str(offered[0].organisation.name, NAME);
    assert_int_equal(mandates_offered(scene->domain, scene->arena, &scene->other, &offered, &count), DOMAIN_DONE);
    assert_int_equal(count, 0);
}
CASE(offers)

static void accepting(struct scene *scene) {
    struct str id;
    struct mandate mandate;
    struct account unproven = scene->clerk, renamed = scene->clerk, unverified = scene->clerk;
    entered(scene);
    struct mandate_wanted wanted = wanted_for(scene, MANDATE_AGENT, "测试丙", "+8613800000003");
    assert_int_equal(offer(scene, &scene->lawful, &wanted, &id), MANDATE_DONE);
    unproven.level = 1;
    renamed.profile.name = STR("测试戊");
    unverified.profile.phone_number_verified = false;
    assert_int_equal(accept(scene, &scene->other, id, 1), MANDATE_MISSING);
    assert_int_equal(accept(scene, &scene->lawful, id, 1), MANDATE_MISSING); /* not even who offered it */
    assert_int_equal(accept(scene, &renamed, id, 1), MANDATE_MISSING);
    assert_int_equal(accept(scene, &unverified, id, 1), MANDATE_MISSING); /* anybody can type a phone number */
    assert_int_equal(accept(scene, &unproven, id, 1), MANDATE_LEVEL);
    assert_int_equal(accept(scene, &scene->clerk, id, 2), MANDATE_STALE);
    assert_int_equal(accept(scene, &scene->clerk, STR("ma_x"), 1), MANDATE_MISSING);
    assert_int_equal(mandate_look(scene->domain, scene->arena, &scene->other, id, &mandate), DOMAIN_NO);
    assert_int_equal(mandate_look(scene->domain, scene->arena, &scene->clerk, id, &mandate), DOMAIN_DONE);
    assert_str(mandate.grantee_number, "138****0003");
    assert_int_equal(acts(scene, &scene->clerk, id), DOMAIN_NO); /* an offer is nothing yet */
    assert_int_equal(accept(scene, &scene->clerk, id, 1), MANDATE_DONE);
    assert_int_equal(acts(scene, &scene->clerk, id), DOMAIN_DONE);
    assert_int_equal(accept(scene, &scene->clerk, id, 2), MANDATE_MISSING); /* no offer any more */
    assert_int_equal(events_of(scene, "mandate.accept"), 1);
    assert_int_equal(offer(scene, &scene->lawful, &wanted, &id), MANDATE_DONE);
    assert_int_equal(accept(scene, &scene->clerk, id, 1), MANDATE_TAKEN);
    /* What it was granted under has ended meanwhile. */
    struct mandate_wanted late = wanted_for(scene, MANDATE_ADMINISTRATOR, "测试乙", "110101199003070214");
    assert_int_equal(offer(scene, &scene->lawful, &late, &id), MANDATE_DONE);
    run_sql(scene->domain, "UPDATE mandates SET state = 3 WHERE role = 1");
    assert_int_equal(accept(scene, &scene->other, id, 1), MANDATE_STALE);
}
CASE(accepting)

static void delegating(struct scene *scene) {
    struct str id;
    entered(scene);
    granted(scene, &scene->lawful, MANDATE_ADMINISTRATOR, &scene->other, "client:portal");
    struct mandate_wanted wanted = wanted_for(scene, MANDATE_AGENT, "测试丙", "110101199003070353");
    assert_int_equal(offer(scene, &scene->other, &wanted, &id), MANDATE_INVALID); /* more than they have */
    wanted.scope = STR("client:portal matter:1");
    wanted.not_after = clock_wall() + 40 * DAY_S;
    assert_int_equal(offer(scene, &scene->other, &wanted, &id), MANDATE_INVALID); /* longer than they have */
    wanted.not_after = clock_wall() + 20 * DAY_S;
    assert_int_equal(offer(scene, &scene->other, &wanted, &id), MANDATE_DONE);
    assert_int_equal(accept(scene, &scene->clerk, id, 1), MANDATE_DONE);
    wanted.role = MANDATE_ADMINISTRATOR;
    assert_int_equal(offer(scene, &scene->other, &wanted, &id), MANDATE_REFUSED);
    wanted.role = MANDATE_AGENT;
    wanted.name = scene->junior.profile.name;
    wanted.identifier = scene->junior.profile.id_number;
    assert_int_equal(offer(scene, &scene->clerk, &wanted, &id), MANDATE_MISSING); /* an agent passes nothing on */
    struct mandate own, *mandates;
    size_t count;
    assert_int_equal(
        mandates_granted(scene->domain, scene->arena, &scene->clerk, scene->organisation_id, &own, &mandates, &count),
        DOMAIN_NO);
    assert_int_equal(
        mandates_granted(scene->domain, scene->arena, &scene->other, scene->organisation_id, &own, &mandates, &count),
        DOMAIN_DONE);
    assert_int_equal(count, 3);
    assert_false(mandates[0].may_end); /* the representative's */
    assert_true(mandates[1].may_end);  /* their own */
    assert_true(mandates[2].may_end);  /* granted by them */
}
CASE(delegating)

/* --- judging --- */

static void judging(struct scene *scene) {
    struct acting acting, *actings;
    size_t count;
    entered(scene);
    struct str id = granted(scene, &scene->lawful, MANDATE_AGENT, &scene->clerk, "client:portal");
    assert_int_equal(acting_load(scene->domain, scene->arena, id, scene->clerk.account_id, &scene->client, &acting),
                     DOMAIN_DONE);
    assert_str(acting.name, NAME);
    assert_str(acting.credit_code, CODE);
    assert_int_equal(acting.role, MANDATE_AGENT);
    assert_int_equal(acts(scene, &scene->other, id), DOMAIN_NO); /* another's */
    assert_int_equal(
        acting_list(scene->domain, scene->arena, scene->clerk.account_id, &scene->client, &actings, &count),
        DOMAIN_DONE);
    assert_int_equal(count, 1);
    static const struct {
        const char *what, *undo;
    } rows[] = {
        {"UPDATE mandates SET scope = 'client:portal2' WHERE role = 3", "UPDATE mandates SET scope = 'agency:a'"},
        {"UPDATE mandates SET scope = 'agency:b' WHERE role = 3", "UPDATE mandates SET scope = 'client:portal'"},
        {"UPDATE mandates SET scope = 'matter:portal' WHERE role = 3", "UPDATE mandates SET scope = '*'"},
        {"UPDATE mandates SET not_before = not_before + 99999 WHERE role = 3", "UPDATE mandates SET not_before = 1"},
        {"UPDATE mandates SET not_after = 1 WHERE role = 3", "UPDATE mandates SET not_after = 0"},
        {"UPDATE mandates SET state = 3 WHERE role = 3", "UPDATE mandates SET state = 2"},
        {"UPDATE organisations SET status = 3", "UPDATE organisations SET status = 7"},
        {"UPDATE organisations SET status = 0", "UPDATE organisations SET status = 1"},
        {"UPDATE accounts SET state = 2", "UPDATE accounts SET state = 1"},
        {"UPDATE accounts SET level = 1", "UPDATE accounts SET level = 2"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        run_sql(scene->domain, rows[i].what);
        assert_row(acts(scene, &scene->clerk, id) == DOMAIN_NO, rows[i].what);
        run_sql(scene->domain, rows[i].undo);
        assert_row(acts(scene, &scene->clerk, id) == DOMAIN_DONE, rows[i].undo);
    }
    /* What the stored level rests on has expired: the evidence that is left decides. */
    run_sql(scene->domain, "UPDATE accounts SET level_until = 1");
    assert_int_equal(acts(scene, &scene->clerk, id), DOMAIN_DONE);
    run_sql(scene->domain, "UPDATE verifications SET expires_at = 1");
    assert_int_equal(acts(scene, &scene->clerk, id), DOMAIN_NO);
    /* Each sector knows the organisation by another name, and none by the person's. */
    struct client elsewhere = scene->client;
    elsewhere.sector = STR("other.example");
    struct str here = organisation_subject(scene->domain, scene->arena, scene->organisation_id, &scene->client);
    assert_false(
        str_equal(here, organisation_subject(scene->domain, scene->arena, scene->organisation_id, &elsewhere)));
    assert_false(str_equal(here, scene->organisation_id));
}
CASE(judging)

/* --- ending --- */

static void ending(struct scene *scene) {
    entered(scene);
    struct str administrator = granted(scene, &scene->lawful, MANDATE_ADMINISTRATOR, &scene->other, "*");
    struct str agent = granted(scene, &scene->other, MANDATE_AGENT, &scene->clerk, "*");
    struct str lawful = held(scene, &scene->lawful, MANDATE_REPRESENTATIVE);
    assert_int_equal(end(scene, &scene->clerk, administrator), MANDATE_MISSING);
    assert_int_equal(end(scene, &scene->other, lawful), MANDATE_MISSING);
    assert_int_equal(end(scene, &scene->junior, agent), MANDATE_MISSING);
    assert_int_equal(end_version(scene, &scene->lawful, agent, 1), MANDATE_STALE);
    assert_false(marked(scene, agent));
    /* Whoever resigns leaves what they granted to the organisation. */
    assert_int_equal(end(scene, &scene->other, administrator), MANDATE_DONE);
    assert_str(row_of(scene, administrator).reason, "resigned");
    assert_true(marked(scene, administrator));
    assert_int_equal(acts(scene, &scene->clerk, agent), DOMAIN_DONE);
    assert_int_equal(end(scene, &scene->other, administrator), MANDATE_STALE);
    assert_int_equal(end(scene, &scene->other, agent), MANDATE_MISSING); /* no longer theirs to end */
    struct mandate looked;
    assert_int_equal(mandate_look(scene->domain, scene->arena, &scene->lawful, agent, &looked), DOMAIN_DONE);
    assert_int_equal(looked.found.grantor_role, MANDATE_ADMINISTRATOR);
    assert_int_equal(looked.found.grantor_state, MANDATE_ENDED);
    assert_int_equal(looked.looks_as, MANDATE_REPRESENTATIVE);
    /* What is revoked takes with it what was granted under it. */
    administrator = granted(scene, &scene->lawful, MANDATE_ADMINISTRATOR, &scene->other, "*");
    assert_int_equal(end(scene, &scene->lawful, agent), MANDATE_DONE);
    agent = granted(scene, &scene->other, MANDATE_AGENT, &scene->clerk, "*");
    assert_int_equal(end(scene, &scene->lawful, administrator), MANDATE_DONE);
    assert_str(row_of(scene, administrator).reason, "revoked");
    assert_str(row_of(scene, agent).reason, "granted_under");
    assert_true(marked(scene, agent));
    assert_int_equal(acts(scene, &scene->clerk, agent), DOMAIN_NO);
    /* And the representative's everything, also what a former administrator granted. */
    administrator = granted(scene, &scene->lawful, MANDATE_ADMINISTRATOR, &scene->other, "*");
    agent = granted(scene, &scene->other, MANDATE_AGENT, &scene->clerk, "*");
    assert_int_equal(end(scene, &scene->other, administrator), MANDATE_DONE);
    assert_int_equal(end(scene, &scene->lawful, lawful), MANDATE_DONE);
    assert_int_equal(row_of(scene, agent).state, MANDATE_ENDED);
    assert_true(marked(scene, agent));
    assert_int_equal(events_of(scene, "mandate.end"), 5);
}
CASE(ending)

static void declining(struct scene *scene) {
    struct str id;
    entered(scene);
    const struct mandate_wanted wanted = wanted_for(scene, MANDATE_AGENT, "测试丙", "110101199003070353");
    assert_int_equal(offer(scene, &scene->lawful, &wanted, &id), MANDATE_DONE);
    assert_int_equal(end(scene, &scene->other, id), MANDATE_MISSING);
    assert_int_equal(end(scene, &scene->clerk, id), MANDATE_DONE);
    assert_str(row_of(scene, id).reason, "declined");
    assert_int_equal(accept(scene, &scene->clerk, id, 2), MANDATE_MISSING);
    assert_int_equal(offer(scene, &scene->lawful, &wanted, &id), MANDATE_DONE);
    assert_int_equal(end(scene, &scene->lawful, id), MANDATE_DONE); /* taken back */
    assert_str(row_of(scene, id).reason, "revoked");
}
CASE(declining)

static void administration(struct scene *scene) {
    struct organisation *organisations, organisation;
    struct mandate_found *mandates, ended;
    size_t count;
    const struct actor security = actor_as(ROLE_SECURITY, "s"), auditor = actor_as(ROLE_AUDITOR, "u"),
                       system = actor_as(ROLE_SYSTEM, "y");
    entered(scene);
    struct str agent = granted(scene, &scene->lawful, MANDATE_AGENT, &scene->clerk, "*");
    assert_int_equal(
        organisation_admin_list(scene->domain, scene->arena, &system, STR_NONE, 10, &organisations, &count).result,
        ADMIN_FORBIDDEN);
    assert_int_equal(
        organisation_admin_list(scene->domain, scene->arena, &auditor, STR_NONE, 10, &organisations, &count).result,
        ADMIN_DONE);
    assert_int_equal(count, 1);
    assert_str(organisations[0].name, NAME);
    assert_int_equal(organisation_admin_get(scene->domain, scene->arena, &auditor, scene->organisation_id,
                                            &organisation, &mandates, &count)
                         .result,
                     ADMIN_DONE);
    assert_int_equal(count, 2);
    assert_int_equal(mandate_admin_end(scene->domain, scene->arena, &auditor, agent, 2, STR("不合规"), &ended).result,
                     ADMIN_FORBIDDEN);
    assert_int_equal(mandate_admin_end(scene->domain, scene->arena, &security, agent, 1, STR("不合规"), &ended).result,
                     ADMIN_STALE);
    assert_int_equal(mandate_admin_end(scene->domain, scene->arena, &security, agent, 2, STR("不合规"), &ended).result,
                     ADMIN_DONE);
    assert_str(ended.row.reason, "不合规");
    assert_true(marked(scene, agent));
    assert_int_equal(mandate_admin_end(scene->domain, scene->arena, &security, agent, 3, STR("不合规"), &ended).result,
                     ADMIN_CONFLICT);
    assert_int_equal(
        mandate_admin_end(scene->domain, scene->arena, &security, STR("ma_x"), 1, STR("不合规"), &ended).result,
        ADMIN_MISSING);
}
CASE(administration)

/* --- a password alone --- */

/* Proven to level 3, and signed in with less. */
static void a_password_alone(struct scene *scene) {
    struct str id;
    scene->shown = 2;
    assert_int_equal(enter(scene, &scene->lawful, NAME, CODE), ORGANISATION_STEP_UP);
    assert_int_equal(enter(scene, &scene->clerk, NAME, CODE), ORGANISATION_LEVEL); /* whom no step-up helps */
    assert_int_equal(script.calls, 0);
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM organisations"), 0);
    scene->shown = 3;
    entered(scene);
    const struct mandate_wanted wanted = wanted_for(scene, MANDATE_ADMINISTRATOR, "测试乙", "110101199003070214");
    scene->shown = 2;
    assert_int_equal(enter(scene, &scene->lawful, NAME, CODE), ORGANISATION_STEP_UP); /* not again, either */
    assert_int_equal(offer(scene, &scene->lawful, &wanted, &id), MANDATE_STEP_UP);
    assert_int_equal(offer(scene, &scene->other, &wanted, &id), MANDATE_MISSING); /* strangers learn nothing by it */
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM mandates"), 1);
    scene->shown = 3;
    scene->shown_until = clock_wall() - 1;
    assert_int_equal(offer(scene, &scene->lawful, &wanted, &id), MANDATE_STEP_UP); /* what it rested on has expired */
    scene->shown_until = clock_wall() + 60;
    assert_int_equal(offer(scene, &scene->lawful, &wanted, &id), MANDATE_DONE);
}
CASE(a_password_alone)

/* What an administrator and an agent do takes level 2: a password is enough for it, and a phone alone is not. */
static void a_phone_alone(struct scene *scene) {
    struct str id;
    entered(scene);
    struct str lawful = held(scene, &scene->lawful, MANDATE_REPRESENTATIVE);
    const struct mandate_wanted administrator = wanted_for(scene, MANDATE_ADMINISTRATOR, "测试乙", "13800000002"),
                                agent = wanted_for(scene, MANDATE_AGENT, "测试丙", "13800000003");
    assert_int_equal(offer(scene, &scene->lawful, &administrator, &id), MANDATE_DONE);
    scene->shown = 1;
    assert_int_equal(accept(scene, &scene->other, id, 1), MANDATE_STEP_UP);
    scene->shown = 2;
    assert_int_equal(accept(scene, &scene->other, id, 1), MANDATE_DONE);
    scene->shown = 1;
    struct str agent_id;
    assert_int_equal(offer(scene, &scene->other, &agent, &agent_id), MANDATE_STEP_UP);
    scene->shown = 2;
    assert_int_equal(offer(scene, &scene->other, &agent, &agent_id), MANDATE_DONE);
    assert_int_equal(accept(scene, &scene->clerk, agent_id, 1), MANDATE_DONE);
    /* Ending another's takes the level of the role that it is ended in; giving up one's own takes none. */
    assert_int_equal(end(scene, &scene->lawful, agent_id), MANDATE_STEP_UP);
    scene->shown = 1;
    assert_int_equal(end(scene, &scene->other, agent_id), MANDATE_STEP_UP);
    assert_int_equal(row_of(scene, agent_id).state, MANDATE_ACCEPTED);
    scene->shown = 2;
    assert_int_equal(end(scene, &scene->other, agent_id), MANDATE_DONE);
    scene->shown = 1;
    assert_int_equal(end(scene, &scene->other, id), MANDATE_DONE);
    assert_int_equal(end(scene, &scene->lawful, lawful), MANDATE_DONE);
}
CASE(a_phone_alone)

/* --- what it led to --- */

static struct code code_for(struct scene *scene, struct str session_id, struct str mandate_id, bool offline) {
    return (struct code){.grant = {.account_id = scene->clerk.account_id,
                                   .client_id = STR("portal"),
                                   .scope = offline ? STR("openid offline_access") : STR("openid"),
                                   .session_id = session_id,
                                   .offline = offline,
                                   .mandate_id = mandate_id},
                         .redirect_uri = STR("https://rp.example/cb")};
}

static enum domain_status redeem(struct scene *scene, struct code *code, struct code *ret_code) {
    struct code_presented presented = {.redirect_uri = code->redirect_uri, .client_address = ADDRESS};
    const struct client *client = &registry_find(scene->domain->registry, STR("portal"))->client;
    assert_int_equal(code_issue(scene->domain, scene->arena, code, &presented.code), DOMAIN_DONE);
    return code_redeem(scene->domain, scene->arena, client, &presented, true, ret_code);
}

static enum domain_status refresh_of(struct scene *scene, struct grant *grant) {
    const struct client *client = &registry_find(scene->domain->registry, STR("portal"))->client;
    const struct refresh_presented presented = {.token = refresh_token_of(scene->domain, scene->arena, grant),
                                                .client_address = ADDRESS};
    return refresh_redeem(scene->domain, scene->arena, client, &presented, grant);
}

static enum domain_status looked_at(struct scene *scene, const struct grant *grant) {
    struct grant live;
    struct kv_op op = {.verb = KV_GET, .ns = STR("gr"), .id = grant->grant_id};
    kv_run(scene->domain->kv, scene->arena, &op, 1);
    return grant_live(scene->domain, scene->arena, &op, &live);
}

/* With and without a session: at redeeming, refreshing and looking, by the mark alone and by the store alone. */
static void tokens_of(struct scene *scene, bool offline) {
    const struct session wanted = {
        .account_id = scene->clerk.account_id, .created_at = clock_wall(), .auth_time = clock_wall(), .level = 2};
    struct session_started started;
    struct code redeemed, other;
    assert_int_equal(session_start(scene->domain, scene->arena, STR(""), &wanted, &started), DOMAIN_DONE);
    struct str agent = granted(scene, &scene->lawful, MANDATE_AGENT, &scene->clerk, "client:portal");
    struct code code = code_for(scene, started.session.session_id, agent, offline);
    struct code own = code_for(scene, started.session.session_id, STR_NONE, offline);
    assert_int_equal(redeem(scene, &code, &redeemed), DOMAIN_DONE);
    assert_int_equal(redeem(scene, &own, &other), DOMAIN_DONE);
    assert_str(redeemed.grant.acting->name, NAME);
    assert_null(other.grant.acting);
    assert_int_equal(refresh_of(scene, &redeemed.grant), DOMAIN_DONE);
    assert_str(redeemed.grant.mandate_id, agent.ptr);
    assert_int_equal(looked_at(scene, &redeemed.grant), DOMAIN_DONE);
    const struct mandate_found found = {.row = {.mandate_id = agent}};
    mandates_mark(scene->domain, scene->arena, &found, 1);
    assert_int_equal(looked_at(scene, &redeemed.grant), DOMAIN_NO);
    assert_int_equal(kv_delete(scene->domain->kv, scene->arena, STR("mc"), agent), KV_DONE);
    assert_int_equal(looked_at(scene, &redeemed.grant), DOMAIN_DONE);
    run_sql(scene->domain, "UPDATE mandates SET state = 3 WHERE role = 3 AND state = 2");
    assert_int_equal(looked_at(scene, &redeemed.grant), DOMAIN_NO);
    uint64_t generation = redeemed.grant.generation;
    assert_int_equal(refresh_of(scene, &redeemed.grant), DOMAIN_NO);
    assert_int_equal(redeemed.grant.generation, generation);
    assert_int_equal(redeem(scene, &code, &redeemed), DOMAIN_NO);
    assert_int_equal(refresh_of(scene, &other.grant), DOMAIN_DONE); /* what they do for themselves goes on */
}

static void tokens(struct scene *scene) {
    entered(scene);
    tokens_of(scene, false);
    tokens_of(scene, true);
}
CASE(tokens)

static void records(struct scene *scene) {
    struct buf buf;
    struct grant grant = {.mandate_id = STR("ma_1"), .account_id = STR("a")}, back;
    buf_init(&buf, scene->arena, 64, 4096);
    grant_pack(&grant, &buf);
    assert_true(grant_unpack(buf_str(&buf), &back));
    assert_str(back.mandate_id, "ma_1");
    /* As it was stored before there were mandates: one field less, under version 2. */
    grant.mandate_id = STR_NONE;
    buf.len = 0;
    grant_pack(&grant, &buf);
    buf.ptr[0] = 2;
    assert_true(grant_unpack(str_sub(buf_str(&buf), 0, buf.len - 1), &back));
    assert_true(str_is_absent(back.mandate_id));
    assert_str(back.account_id, "a");
    assert_false(grant_unpack(buf_str(&buf), &back)); /* something behind it */
}
CASE(records)

/* --- by itself --- */

static void recheck(struct scene *scene) {
    organisations_recheck(scene->domain, scene->arena, 100);
}

static void make_due(struct scene *scene) {
    run_sql(scene->domain, "UPDATE organisations SET due_at = 1");
}

static void time_and_people(struct scene *scene) {
    struct str id;
    entered(scene);
    struct str administrator = granted(scene, &scene->lawful, MANDATE_ADMINISTRATOR, &scene->other, "*");
    struct str agent = granted(scene, &scene->other, MANDATE_AGENT, &scene->clerk, "*");
    const struct mandate_wanted wanted = wanted_for(scene, MANDATE_AGENT, "测试丁", "110101199003070433");
    assert_int_equal(offer(scene, &scene->lawful, &wanted, &id), MANDATE_DONE);
    recheck(scene);
    assert_int_equal(events_of(scene, "mandate.end"), 0);
    run_sql(scene->domain, "UPDATE mandates SET created_at = 1 WHERE state = 1");
    run_sql(scene->domain, "UPDATE mandates SET not_after = 2 WHERE role = 2");
    recheck(scene);
    assert_str(row_of(scene, id).reason, "lapsed");
    assert_str(row_of(scene, administrator).reason, "term_over");
    assert_true(marked(scene, administrator));
    assert_int_equal(row_of(scene, agent).state, MANDATE_ACCEPTED);
    /* A stored level that has run out, of which enough is left; then not. */
    run_sql(scene->domain, "UPDATE accounts SET level_until = 1");
    recheck(scene);
    assert_int_equal(row_of(scene, agent).state, MANDATE_ACCEPTED);
    run_sql(scene->domain, "UPDATE accounts SET level_until = 1");
    run_sql(scene->domain, "UPDATE verifications SET ended_at = 1 WHERE level = 3");
    recheck(scene);
    assert_str(row_of(scene, agent).reason, "granted_under"); /* the representative is not proven enough */
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM mandates WHERE reason = 'level'"), 1);
}
CASE(time_and_people)

static void suspended(struct scene *scene) {
    entered(scene);
    struct str agent = granted(scene, &scene->lawful, MANDATE_AGENT, &scene->clerk, "*");
    run_sql(scene->domain, "UPDATE accounts SET state = 2 WHERE level = 2");
    recheck(scene);
    assert_str(row_of(scene, agent).reason, "account");
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM mandates WHERE state = 2"), 1);
}
CASE(suspended)

static void another_represents(struct scene *scene) {
    entered(scene);
    struct str agent = granted(scene, &scene->lawful, MANDATE_AGENT, &scene->clerk, "*");
    int calls = script.calls;
    recheck(scene);
    assert_int_equal(script.calls, calls); /* not due */
    make_due(scene);
    recheck(scene);
    assert_int_equal(script.calls, calls + 1);
    assert_int_equal(acts(scene, &scene->clerk, agent), DOMAIN_DONE);
    assert_int_equal(count_sql(scene->domain, "SELECT version FROM organisations"), 2);
    /* The new one enters: the job asks about both, and the first is out with all that he granted. */
    script.mismatch_of = scene->lawful.profile.id_number;
    assert_int_equal(enter(scene, &scene->other, NAME, CODE), ORGANISATION_ENTERED);
    assert_int_equal(acts(scene, &scene->clerk, agent), DOMAIN_DONE);
    recheck(scene);
    assert_str(row_of(scene, agent).reason, "granted_under");
    assert_true(str_is_absent(held(scene, &scene->lawful, MANDATE_REPRESENTATIVE)));
    assert_false(str_is_absent(held(scene, &scene->other, MANDATE_REPRESENTATIVE)));
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM mandates WHERE reason = 'representative_changed'"),
                     1);
    assert_int_equal(count_sql(scene->domain, "SELECT due_at - checked_at FROM organisations"), 30 * DAY_S);
}
CASE(another_represents)

static void gone(struct scene *scene) {
    entered(scene);
    struct str agent = granted(scene, &scene->lawful, MANDATE_AGENT, &scene->clerk, "*");
    /* A register that does not answer, or does not find it for a while, changes nothing. */
    static const enum verify_result quiet[] = {VERIFY_UPSTREAM_ERROR, VERIFY_RATE_LIMITED, VERIFY_NOT_FOUND};
    for (size_t i = 0; i < ARRAY_LEN(quiet); i++) {
        script.result = quiet[i];
        make_due(scene);
        recheck(scene);
        assert_row(acts(scene, &scene->clerk, agent) == DOMAIN_DONE, verify_result_name(quiet[i]));
        int64_t due = count_sql(scene->domain, "SELECT due_at FROM organisations");
        assert_true(due > clock_wall() + 3000 && due <= clock_wall() + 3600);
    }
    script.result = VERIFY_STATE_BAD;
    script.status = ORGANISATION_REVOKED;
    make_due(scene);
    recheck(scene);
    assert_str(row_of(scene, agent).reason, "organisation");
    assert_true(marked(scene, agent));
    assert_int_equal(acts(scene, &scene->clerk, agent), DOMAIN_NO);
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM mandates WHERE state <> 3"), 0);
    assert_int_equal(count_sql(scene->domain, "SELECT status FROM organisations"), ORGANISATION_REVOKED);
    assert_int_equal(count_sql(scene->domain, "SELECT due_at FROM organisations"), 0);
    assert_int_equal(events_of(scene, "organisation.cut"), 1);
    /* In business again, it is entered again. */
    script.result = VERIFY_MATCH;
    script.status = ORGANISATION_OPERATING;
    entered(scene);
    assert_false(str_is_absent(held(scene, &scene->lawful, MANDATE_REPRESENTATIVE)));
    /* Missing for longer than a new entry can be. */
    run_sql(scene->domain, "UPDATE organisations SET checked_at = 1");
    make_due(scene);
    script.result = VERIFY_NOT_FOUND;
    script.status = ORGANISATION_UNKNOWN;
    recheck(scene);
    assert_int_equal(count_sql(scene->domain, "SELECT COUNT(*) FROM mandates WHERE state <> 3"), 0);
}
CASE(gone)

RUN_TESTS(cmocka_unit_test(test_entering), cmocka_unit_test(test_refusals), cmocka_unit_test(test_offers),
          cmocka_unit_test(test_accepting), cmocka_unit_test(test_delegating), cmocka_unit_test(test_judging),
          cmocka_unit_test(test_ending), cmocka_unit_test(test_declining), cmocka_unit_test(test_administration),
          cmocka_unit_test(test_a_password_alone), cmocka_unit_test(test_a_phone_alone), cmocka_unit_test(test_tokens),
          cmocka_unit_test(test_records), cmocka_unit_test(test_time_and_people), cmocka_unit_test(test_suspended),
          cmocka_unit_test(test_another_represents), cmocka_unit_test(test_gone))
