/*
 * agencies: the organisations that own client systems.
 */
#ifndef DOMAIN_AGENCIES_H
#define DOMAIN_AGENCIES_H

#include "base/json.h"
#include "domain/administration.h"
#include "store/agencies.h"

/* Members of its JSON: name (required), name#en, credit_code (GB 32100, checked), contact_name, contact_phone,
 * contact_email, enabled (boolean). */
struct admin_answer agency_create(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  const struct json *metadata, struct agency_row *ret_row);
struct admin_answer agency_update(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct str agency_id, int64_t version, const struct json *metadata,
                                  struct agency_row *ret_row);
struct admin_answer agency_get(struct domain *domain, struct arena *arena, const struct actor *actor,
                               struct str agency_id, struct agency_row *ret_row);
/* Whose name or code contains `text` (absent: all), after an id, in order of ids. */
struct admin_answer agency_list(struct domain *domain, struct arena *arena, const struct actor *actor, struct str text,
                                struct str after, size_t most, struct agency_row **ret_rows, size_t *ret_count);

#endif
