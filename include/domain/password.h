/*
 * password: argon2id in its own bounded pool (RFC 9106). The only home of libargon2.
 */
#ifndef DOMAIN_PASSWORD_H
#define DOMAIN_PASSWORD_H

#include "domain/domain.h"

/* The encoded form ("$argon2id$v=19$m=…"). Waits. */
enum domain_status password_hash(struct domain *domain, struct arena *arena, struct str password, struct str *ret_hash);
/*
 * DOMAIN_DONE when it fits. An absent hash costs as much as a real one and never fits, so that an unknown account takes
 * as long as a wrong password. Waits.
 */
enum domain_status password_verify(struct domain *domain, struct arena *arena, struct str password, struct str hash);

enum password_problem { PASSWORD_FINE, PASSWORD_SHORT, PASSWORD_LONG, PASSWORD_SIMPLE, PASSWORD_BAD_TEXT };
/* domain-china §7.6: at least `least` characters of three classes, or 12 of any. At most 256 bytes of UTF-8 without
 * NUL. */
enum password_problem password_check(const struct domain *domain, struct str password);

#endif
