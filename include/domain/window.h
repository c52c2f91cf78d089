/*
 * window: proof in person (level 4). A security administrator, signed in with a second factor, records the document
 * that the person showed; another one, who has it before them too, types its number again and confirms. The two are
 * never the same, whatever the setting of four eyes says.
 */
#ifndef DOMAIN_WINDOW_H
#define DOMAIN_WINDOW_H

#include "domain/administration.h"
#include "store/window_records.h"

struct window_record {
    struct window_row row;
    struct str document, name, id_number; /* as recorded */
};

struct window_wanted {
    struct str account_id;
    struct str document;        /* "resident_id_card", … */
    struct str name, id_number; /* as on it */
    struct str place;           /* which counter, in a few words */
};
/* ADMIN_INVALID: a number that is none, or a person other than the account's. Wait. */
struct admin_answer window_record(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  const struct window_wanted *wanted, struct window_record *ret_record);
/* `id_number` as the second one reads it. ADMIN_CONFLICT: the same administrator, not waiting any more, or another
 * account is this person. */
struct admin_answer window_confirm(struct domain *domain, struct arena *arena, const struct actor *actor,
                                   struct str record_id, int64_t version, struct str id_number,
                                   struct window_record *ret_record);
struct admin_answer window_refuse(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct str record_id, int64_t version, struct str reason,
                                  struct window_record *ret_record);
struct admin_answer window_get(struct domain *domain, struct arena *arena, const struct actor *actor,
                               struct str record_id, struct window_record *ret_record);
/* By state (0 for all), in order of ids. */
struct admin_answer window_list(struct domain *domain, struct arena *arena, const struct actor *actor, int state,
                                struct str after, size_t most, struct window_record **ret_records, size_t *ret_count);

#endif
