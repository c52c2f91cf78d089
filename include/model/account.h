/*
 * account: a person known to the server, and the claims about them. Personal data (struct profile) is sealed as one
 * piece in the store; in memory it lives in the request's arena only.
 */
#ifndef MODEL_ACCOUNT_H
#define MODEL_ACCOUNT_H

#include "base/json.h"
#include "model/evidence.h"
#include "model/identity.h"

enum account_state { ACCOUNT_ACTIVE = 1, ACCOUNT_SUSPENDED = 2, ACCOUNT_CLOSED = 3 };

/* Absent members are not known. Standard claims of OpenID Connect Core §5.1. */
struct profile {
    struct str name;
    struct str family_name, given_name, middle_name, nickname,
        preferred_username; /* only where an authority splits them */
    struct str profile_url, picture, website;
    struct str gender, birthdate, zoneinfo, locale;
    struct str email;
    bool email_verified;
    struct str phone_number; /* +86… */
    bool phone_number_verified;
    struct str address_formatted, address_street, address_locality, address_region, address_postal_code,
        address_country;
    enum id_type id_type;
    struct str id_number; /* may never become known (domain-china §6.2) */
};

struct account {
    struct str account_id; /* 16 random bytes, base64url; never shown to a client, see subject */
    enum account_state state;
    int level;           /* of proof, from the valid verifications */
    int64_t level_until; /* seconds, 0 for no end */
    int64_t created_at, updated_at;
    struct profile profile;
};

/* Who it is, and what their number says of them. */
void profile_identify(struct arena *arena, struct profile *profile, struct str name, const struct id_number *number);
/* Another spelling of the same person's name: parts of it that an authority told are not known any more. */
void profile_rename(struct profile *profile, struct str name);

/* The profile as JSON text, for sealing, and back. */
void profile_write(const struct profile *profile, struct buf *buf);
bool profile_read(struct arena *arena, struct str text, struct profile *ret_profile);

/* What an account can be found by; the value is folded before it is hashed. The values are stored; never renumber. */
enum identifier_kind { IDENTIFIER_ID_NUMBER = 1, IDENTIFIER_PHONE = 2, IDENTIFIER_USERNAME = 3, IDENTIFIER_EMAIL = 4 };

#endif
