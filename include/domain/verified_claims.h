/*
 * verified_claims: claims about a person together with how they were verified (OpenID Connect for Identity Assurance
 * 1.0, OpenID Identity Assurance Schema Definition 1.0).
 *
 * What is told comes from the account's evidence that is valid when the answer is written, and only what was asked for
 * is told. Whatever is demanded and not met leaves the element out; it is never an error.
 */
#ifndef DOMAIN_VERIFIED_CLAIMS_H
#define DOMAIN_VERIFIED_CLAIMS_H

#include "domain/claims.h"
#include "model/verified_request.h"
#include "store/accounts.h"

#define VERIFIED_ANSWER_MOST (6 * 1024) /* bytes; elements beyond it are left out */

/* --- the request (verified_request.c) --- */

struct verified_reading {
    const struct domain *domain;
    struct arena *arena;
    claim_set allowed; /* for which the client is registered */
};
/* The value of the member verified_claims. False when it is malformed or asks for too much. `ret_packed` is absent when
 * nothing of it can be met. */
bool verified_request_read(const struct verified_reading *reading, const struct json *value, struct str *ret_packed);
/* The claims that a packed request asks for in any of its elements. */
claim_set verified_request_claims(struct arena *arena, struct str packed);

/* --- the answer (verified_claims.c) --- */

/* The member verified_claims of the open object, or nothing. `rows` are the account's verifications. Returns the claims
 * that were told. */
claim_set verified_claims_write(struct json_out *out, struct str packed, const struct claims_about *about,
                                const struct verification_row *rows, size_t count);

/* What an answer about a person is written from. Rows are there only where verified claims are asked for. */
struct person_facts {
    struct account account;
    struct verification_row *rows;
    size_t row_count;
};
/* Loads what these claims and this packed request need, but nothing personal where they need nothing: then only the
 * account's state and level are known. DOMAIN_NO when there is no such account. Waits. */
enum domain_status person_facts_load(struct domain *domain, struct arena *arena, struct str account_id,
                                     claim_set claims, struct str packed, struct person_facts *ret_facts);

/* Is it evidence of which verified_claims can tell: of who a person is, or of an organisation? */
bool verified_claims_tell_of(const struct proof *proof);
/* Does the element ask for the organisation alone? With claims about a person it is left out, since nothing proves
 * both. */
bool verified_is_of_organisation(const struct verified_wanted *wanted);
struct str evidence_type_name(enum evidence_type type); /* "document", "electronic_record" */
/* document_details.type: "idcard", or "residence_permit" of who has a permit or a permanent-residence card. */
struct str document_type_name(enum id_type type);

#define VERIFICATION_POLICY_NAME "cn_gov_trust_level"

/* The mark of a wanted value (model/verified_request.h), and whether a text is one of the marked. */
void value_mark(const struct domain *domain, struct str text, unsigned char ret_mark[VALUE_MARK_SIZE]);
bool value_is_marked(const struct domain *domain, struct str marks, struct str text);

#endif
