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

/* Without the values; without what members and parameters hold whose names say that it is a token, a secret or
 * somebody's; and with long runs of base64 (pictures) cut. In the arena. */
struct str mask_text(const struct mask *mask, struct str text);
/* Does the name of a member, a parameter or an option say that its value is a token, a secret or somebody's? */
bool mask_tells(struct str name);
/* The value of a header field. */
struct str mask_field(const struct mask *mask, struct str name, struct str value);

#endif
