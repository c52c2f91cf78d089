/*
 * identity: identity numbers, names and phone numbers of natural persons, in the one form that is compared and stored
 * (domain-china §1, §3.1).
 *
 * These functions only find what cannot be right. Whether a number is a person's is for the register to say.
 */
#ifndef MODEL_IDENTITY_H
#define MODEL_IDENTITY_H

#include "model/evidence.h"

struct arena;

enum id_number_result {
    ID_NUMBER_OK,
    ID_NUMBER_BAD_FORMAT,
    ID_NUMBER_BAD_REGION,
    ID_NUMBER_BAD_DATE,
    ID_NUMBER_BAD_CHECK,
};

struct id_number {
    char text[19]; /* 18 characters and a NUL */
    enum id_type type;
    int year, month, day; /* of birth */
    bool male;
};

/* GB 11643-1999 and the numbers of §1.3. Folds full width, x, Ⅹ. `today` is wall seconds, read in Asia/Shanghai. */
enum id_number_result id_number_read(struct str text, int64_t today, struct id_number *ret_number);
/* In whole years, `today` as above: a birthday counts from its first minute. */
int id_number_age(const struct id_number *number, int64_t today);
/* 15 digits of GB 11643-1989 to 18 characters (§1.2). */
bool id_number_from_15(struct str text, char ret_text[19]);
/* "1101**********0013" */
struct str id_number_mask(struct arena *arena, struct str number);

enum person_name_result {
    PERSON_NAME_OK,
    PERSON_NAME_BAD,    /* empty, too long, controls, not UTF-8 */
    PERSON_NAME_REVIEW, /* holds private-use characters that cannot be compared: never a match */
};

#define PERSON_NAME_MOST 50 /* code points */

/* The name in the one form in which registers are asked, it is kept and told: §1.5 but for the upper case. */
enum person_name_result person_name_read(struct arena *arena, struct str name, struct str *ret_name);
/* The comparison key of §1.5. */
enum person_name_result person_name_key(struct arena *arena, struct str name, struct str *ret_key);

/* "测**": enough to see that it is the right person, for somebody who knows whom they look for; absent without a name.
 */
struct str person_name_mask(struct arena *arena, struct str name);

/* "+86" and 11 digits from what people type (§3.1). */
bool phone_read(struct arena *arena, struct str text, struct str *ret_phone);
struct str phone_mask(struct arena *arena, struct str phone); /* "138****8000" */

#endif
