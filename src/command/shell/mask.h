/*
 * mask: what goes over the wire to an upstream, made fit to be looked at: of people's data only what domain-china §7.4
 * lets a display have, of secrets nothing. Values are found as they are and in the encodings that interfaces use: JSON
 * escapes, percent-encoding, base64 at any offset, hexadecimal, one inside the other, and their hashes.
 */
#ifndef COMMAND_SHELL_MASK_H
#define COMMAND_SHELL_MASK_H

#include "base/buf.h"

#define MASK_HIDDEN STR("****")

struct mask;
struct mask *mask_new(struct arena *arena);
/* From now on `shown` stands where the value stands as it is, and **** where it is encoded. Absent and empty: nothing.
 */
void mask_add(struct mask *mask, struct str value, struct str shown);
void mask_add_secret(struct mask *mask, struct str value);
void mask_add_name(struct mask *mask, struct str name);     /* 张* */
void mask_add_number(struct mask *mask, struct str number); /* 1101**********0013 */
void mask_add_phone(struct mask *mask, struct str phone);   /* 138****8000, with or without +86 */
void mask_add_card(struct mask *mask, struct str card);     /* ****0095 */

/* The value of a member of this name may be seen in answers: it is a code, a result, the time of the answer. */
void mask_keep_name(struct mask *mask, struct str name);
/* A value that says nothing about anybody, of such a member: a row of a table of results. */
void mask_keep_word(struct mask *mask, struct str word);

/* Without the values; without what looks like a number, a phone, a card or a date of birth of anybody, and without
 * parts of the numbers that were added; without what members and parameters hold whose names say that it is a token, a
 * secret or somebody's; and with long runs of base64 (pictures) cut. In the arena. */
struct str mask_text(const struct mask *mask, struct str text);
/* The body of an answer: the same, and of all its texts and numbers only those that stand under names which are kept,
 * by mask_keep_name or since they are names of codes, results, times and the like everywhere. What an answer tells
 * about a person is not known by its name. */
struct str mask_answer(const struct mask *mask, struct str text);
/* Does the name of a member, a parameter or an option say that its value is a token, a secret or somebody's? */
bool mask_tells(struct str name);
/* The value of a header field. */
struct str mask_field(const struct mask *mask, struct str name, struct str value);

#endif
