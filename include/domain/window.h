/*
 * window: proof in person (level 4), and what a service counter can do for people: give an account back, open one,
 * correct a name. A security administrator, signed in with a second factor, records the document that the person
 * showed; another one, who has it before them too, types its number again and confirms. The two are never the same,
 * whatever the setting of four eyes says, and neither of them is the person.
 */
#ifndef DOMAIN_WINDOW_H
#define DOMAIN_WINDOW_H

#include "domain/administration.h"
#include "store/window_records.h"

struct window_record {
    struct window_row row;
    struct str document, name, id_number; /* as recorded */
    struct str phone_number;              /* for an account that is to be opened; absent for none */
    struct str name_before;               /* the account's, which `name` takes the place of; absent: it stays */
    bool child; /* younger than registration.minimum_age: a guardian must be there, and seen */
};

struct window_wanted {
    struct str account_id;      /* absent: that of the number, or one that is opened when it is confirmed */
    struct str document;        /* "resident_id_card", … */
    struct str name, id_number; /* as on it */
    struct str phone_number;    /* of a person without an account; absent for none */
    struct str place;           /* which counter, in a few words */
    bool corrects_name;         /* the account's name is to become the document's */
};
/* ADMIN_INVALID: a number that is none, or not the document's, or a person other than the account's. Wait. */
struct admin_answer window_record(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  const struct window_wanted *wanted, struct window_record *ret_record);

struct window_confirmation {
    struct str record_id;
    int64_t version;
    struct str id_number;         /* as the second one reads it */
    bool recovery_code;           /* the person is to get the account back (domain/counter_code.h) */
    struct str one_time_password; /* shown by the person, who is seen: it is theirs from now on; absent for none */
};
/* ADMIN_CONFLICT: the same administrator, not waiting any more, another account is this person, or the account's name
 * is another by now. ADMIN_INVALID: another number, or a one-time password that is not right. ret_code: shown this
 * once; absent when none was asked for. */
struct admin_answer window_confirm(struct domain *domain, struct arena *arena, const struct actor *actor,
                                   const struct window_confirmation *wanted, struct window_record *ret_record,
                                   struct str *ret_code);
struct admin_answer window_refuse(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct str record_id, int64_t version, struct str reason,
                                  struct window_record *ret_record);
struct admin_answer window_get(struct domain *domain, struct arena *arena, const struct actor *actor,
                               struct str record_id, struct window_record *ret_record);
/* By state (0 for all), in order of ids. */
struct admin_answer window_list(struct domain *domain, struct arena *arena, const struct actor *actor, int state,
                                struct str after, size_t most, struct window_record **ret_records, size_t *ret_count);

#endif
