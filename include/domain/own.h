/*
 * own: what people see and change of their own account (PIPL art. 15, 44 to 47). Whoever calls has made sure that it is
 * they: a session, and for what is sensitive a fresh one. Each change is told of as an event.
 */
#ifndef DOMAIN_OWN_H
#define DOMAIN_OWN_H

#include "domain/account.h"
#include "domain/password.h"
#include "domain/phone_code.h"
#include "model/session.h"
#include "store/disclosures.h"

/* Who does it, in which session, from where. */
struct own {
    struct str account_id, session_id;
    struct str address;
};

/* --- password --- */

enum own_password_result {
    OWN_PASSWORD_DONE,
    OWN_PASSWORD_BAD,       /* too short or too simple: see the problem */
    OWN_PASSWORD_NOT_ENDED, /* it was changed, but the other sessions could not be ended: to be done again */
    OWN_PASSWORD_NO,        /* the account may not be used any more */
    OWN_PASSWORD_UNAVAILABLE,
};
/* Ends all other sessions, and what client systems hold for when the person is away. Waits. */
enum own_password_result own_set_password(struct domain *domain, struct arena *arena, const struct own *own,
                                          struct str password, enum password_problem *ret_problem);
/* Whether there is one. Waits. */
enum domain_status own_has_password(struct domain *domain, struct arena *arena, struct str account_id);

/* --- phone number --- */

/* Whether people may change theirs: where codes can be sent, and notices to the number that was. */
bool own_phone_offered(const struct domain *domain);

/* A change on its way, of the account as it was seen. Travels sealed in the form that asks for the code. */
struct own_phone {
    struct str phone; /* the new one: "+86…" */
    int64_t seen;     /* the account's updated_at */
};
#define OWN_PHONE_PACKED_MOST 64
struct str own_phone_pack(struct arena *arena, const struct own_phone *wanted);
bool own_phone_unpack(struct str packed, struct own_phone *ret_wanted);

/* Sends a code to the new number, whoever has that number now. Waits. */
enum phone_code_result own_phone_send_code(struct domain *domain, struct arena *arena, const struct own *own,
                                           const struct own_phone *wanted, bool english);

enum own_phone_result {
    OWN_PHONE_DONE,
    OWN_PHONE_WRONG, /* the code is not right */
    OWN_PHONE_GONE,  /* there is no good code any more */
    OWN_PHONE_TAKEN, /* the number is another account's: told only to whoever had the code that was sent to it */
    OWN_PHONE_STALE, /* the account was changed since the code was sent, or may not be used any more */
    OWN_PHONE_UNAVAILABLE,
};
/* Against the code, makes the number the account's, in place of the one it had; which is told where it was proven.
 * Waits. */
enum own_phone_result own_phone_change(struct domain *domain, struct arena *arena, const struct own *own,
                                       const struct own_phone *wanted, struct str code);

/* --- one-time passwords --- */

enum own_factor_result {
    OWN_FACTOR_DONE,
    OWN_FACTOR_WRONG, /* the one-time password is not right, or was used before */
    OWN_FACTOR_LOCKED,
    OWN_FACTOR_NO,            /* there is one already; there is none to give up; the account is closed */
    OWN_FACTOR_ADMINISTRATOR, /* in office, who needs one */
    OWN_FACTOR_UNAVAILABLE,
};
/* Keeps a secret (second_factor_secret) after the person's app has shown a password made with it; `bound` where their
 * face was seen in this session. Waits. */
enum own_factor_result own_enrol_factor(struct domain *domain, struct arena *arena, const struct own *own,
                                        struct str secret, bool bound, struct str code);
/* Gives it up, against one more password. Waits. */
enum own_factor_result own_remove_factor(struct domain *domain, struct arena *arena, const struct own *own,
                                         struct str code);

/* --- sessions --- */

struct own_session {
    struct session session; /* with address and device where they are known */
    struct str *client_ids; /* that took part */
    size_t client_count;
};
/* Those that live, the latest sign-in first. Waits. */
enum domain_status own_sessions(struct domain *domain, struct arena *arena, struct str account_id,
                                struct own_session **ret_sessions, size_t *ret_count);
/* DOMAIN_NO: it is gone, or somebody else's. Waits. */
enum domain_status own_end_session(struct domain *domain, struct arena *arena, const struct own *own,
                                   struct str session_id);
/* All but own->session_id. Waits. */
enum domain_status own_end_other_sessions(struct domain *domain, struct arena *arena, const struct own *own);

/* --- portals --- */

struct own_portal {
    struct str client_id;
    struct str scope;   /* what the person allowed; absent where nothing was asked for */
    int64_t granted_at; /* 0 where nothing was */
    bool signed_in;     /* in a session that lives */
};
/* Client systems that the person has allowed something, or is signed in at. Waits. */
enum domain_status own_portals(struct domain *domain, struct arena *arena, struct str account_id,
                               struct own_portal **ret_portals, size_t *ret_count);
/* Forgets the consent, ends every token the client system holds of the person, and tells it that the person has signed
 * out. DOMAIN_NO: it has none. Waits. */
enum domain_status own_withdraw(struct domain *domain, struct arena *arena, const struct own *own,
                                struct str client_id);

/* To whom what was given, the latest first, at most OWN_DISCLOSURES_MOST. Waits. */
#define OWN_DISCLOSURES_MOST 1000
enum domain_status own_disclosures(struct domain *domain, struct arena *arena, struct str account_id,
                                   struct disclosure_row **ret_rows, size_t *ret_count);

/* --- what happened --- */

struct own_event {
    struct str name, result; /* as in model/events.def */
    struct str client_id;    /* absent for none */
    struct str address;      /* from where the person did it; absent where somebody else did */
    int64_t at;
};
#define OWN_EVENTS_MOST 1000
/* What the audit trail has of the account, the newest first. It may be some seconds behind. Waits. */
enum domain_status own_events(struct domain *domain, struct arena *arena, struct str account_id, size_t most,
                              struct own_event **ret_events, size_t *ret_count);

/* When the password was last recovered (domain/recovery.h), of the last OWN_RECOVERED_S; 0 when it was not. Waits. */
#define OWN_RECOVERED_S (14 * 86400)
enum domain_status own_recovered_at(struct domain *domain, struct arena *arena, struct str account_id, int64_t *ret_at);

/* --- a copy --- */

/* Everything that is known about the person as one JSON object; the identity number is masked unless `whole`. Told of
 * before it is handed out. Waits. */
enum domain_status own_export(struct domain *domain, struct arena *arena, const struct own *own, bool whole,
                              struct str *ret_json);

/* --- closing --- */

enum own_close_result {
    OWN_CLOSE_DONE,
    OWN_CLOSE_ADMINISTRATOR, /* in office: to be dismissed first */
    OWN_CLOSE_MANDATES,      /* acts for organisations: to be ended first */
    OWN_CLOSE_NO,            /* not open any more, or changed just now */
    OWN_CLOSE_UNAVAILABLE,
};
/* Whether it could be closed now: OWN_CLOSE_DONE. Waits. */
enum own_close_result own_may_close(struct domain *domain, struct arena *arena, struct str account_id);
/* For good (docs/decisions/closing-an-account.md). Waits. */
enum own_close_result own_close(struct domain *domain, struct arena *arena, const struct own *own);

#endif
