/*
 * Unified social credit codes: the vectors of GB 32100-2015 and of domain-china §2.1, one per line.
 */
#include "model/credit_code.h"
#include "test.h"

#include <string.h>

static void the_vectors_of_the_standard(void **state) {
    static const struct {
        const char *text;
        enum credit_code_result result;
    } vectors[] = {
        {"91350100M000100Y43", CREDIT_CODE_OK},         /* the standard's example */
        {"91350100M000100Y4Z", CREDIT_CODE_BAD_FORMAT}, /* as often printed: Z is not in the alphabet */
        {"91990000MA00TEXT06", CREDIT_CODE_OK},
        {"91990000MA00DEMA8C", CREDIT_CODE_OK},
        {"1299000040000000XH", CREDIT_CODE_OK},
        {"53990000MJ000000XG", CREDIT_CODE_OK},
        {"92990000MA00GEH19K", CREDIT_CODE_OK},
        {"Y1990000MB0000019H", CREDIT_CODE_OK},
        {"91990000ma00text06", CREDIT_CODE_OK},
        {" 91990000MA00TEXT06 ", CREDIT_CODE_OK},
        {"９１９９００００ＭＡ００ＴＥＸＴ０６", CREDIT_CODE_OK},
        {"91990000MA00TEXT07", CREDIT_CODE_BAD_CHECK},
        {"91990000MA00TEXT16", CREDIT_CODE_BAD_CHECK}, /* both checks */
        {"91990000MA00TEXT19", CREDIT_CODE_UNUSUAL},   /* the outer check fits, the inner one does not */
        {"91990000MA00TEXT2C", CREDIT_CODE_UNUSUAL},
        {"91990000ma00text19", CREDIT_CODE_UNUSUAL},
        {"91990000MA00TEXTI6", CREDIT_CODE_BAD_FORMAT}, /* I, O, S, V and Z are not in the alphabet */
        {"S1990000MA00TEXT06", CREDIT_CODE_BAD_FORMAT},
        {"9V990000MA00TEXT06", CREDIT_CODE_BAD_FORMAT},
        {"91990000 MA00TEXT06", CREDIT_CODE_BAD_FORMAT},
        {"91990000MAO0TEXT06", CREDIT_CODE_BAD_FORMAT},
        {"919A0000MA00TEXT06", CREDIT_CODE_BAD_FORMAT},
        {"91990000MA00TEXT0", CREDIT_CODE_BAD_FORMAT},
        {"91990000MA00TEXT066", CREDIT_CODE_BAD_FORMAT},
        {"", CREDIT_CODE_BAD_FORMAT},
        {"91990000MA00TEXT0\xff", CREDIT_CODE_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        char code[CREDIT_CODE_LENGTH + 1];
        enum credit_code_result result = credit_code_read(str_from(vectors[i].text), code);
        if (result != vectors[i].result) {
            fail_msg("%s: %d", vectors[i].text, result);
        }
        assert_true(result >= CREDIT_CODE_BAD_FORMAT || strlen(code) == CREDIT_CODE_LENGTH);
    }
}

/* Seventeen characters have one check character; every other one is wrong. */
static void one_check_character_only(void **state) {
    char text[] = "91990000MA00TEXT00", code[CREDIT_CODE_LENGTH + 1];
    int good = 0;
    for (const char *c = "0123456789ABCDEFGHJKLMNPQRTUWXY"; *c; c++) {
        text[17] = *c;
        good += credit_code_read(str_from(text), code) == CREDIT_CODE_OK;
    }
    assert_int_equal(good, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_vectors_of_the_standard),
                                       cmocka_unit_test(one_check_character_only)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
