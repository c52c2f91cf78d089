/*
 * credit_code: the unified social credit code of an organisation (统一社会信用代码, GB 32100-2015; domain-china §2.1),
 * in the one form that is compared and stored.
 */
#ifndef MODEL_CREDIT_CODE_H
#define MODEL_CREDIT_CODE_H

#include "base/str.h"

#define CREDIT_CODE_LENGTH 18

enum credit_code_result {
    CREDIT_CODE_OK,
    CREDIT_CODE_UNUSUAL, /* good but for the inner check of GB 11714, which some old registrations break */
    CREDIT_CODE_BAD_FORMAT,
    CREDIT_CODE_BAD_CHECK,
};

/* Folds lower case and full width; never O to 0 or I to 1. `ret_code` gets 18 characters and a NUL on OK and UNUSUAL.
 */
enum credit_code_result credit_code_read(struct str text, char ret_code[CREDIT_CODE_LENGTH + 1]);

#endif
