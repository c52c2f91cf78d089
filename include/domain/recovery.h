/*
 * recovery: a person without their password proves who they are, as well as their account is proven, and sets a new one
 * (docs/decisions/recovery.md).
 *
 * Nothing here lets anybody tell whether there is an account, neither by what is answered nor by how long that takes,
 * before something was shown that only its person has. It travels sealed in the forms (domain/form.h) for half an hour
 * from its start, and ends when the password is set, by itself or otherwise.
 */
#ifndef DOMAIN_RECOVERY_H
#define DOMAIN_RECOVERY_H

#include "domain/account.h"
#include "domain/password.h"

#define RECOVERY_S             1800
#define RECOVERY_USERNAME_MOST 128 /* bytes */

/* What was shown: bits. */
enum recovery_shown {
    RECOVERY_IDENTITY = 1, /* name and number are the account's */
    RECOVERY_PHONE = 2,    /* a code came to the account's own phone */
    RECOVERY_SERVICE = 4,  /* a sign-in service that is linked says so */
    RECOVERY_PRESENCE = 8, /* an authority saw the account's person */
    RECOVERY_COUNTER = 16, /* a code from a service counter, where two administrators saw their document */
    RECOVERY_FACTOR = 32,  /* the account's one-time password, which is bound to its person */
};

struct recovery {
    struct str recovery_id; /* random: what is sent for one is nothing for another */
    enum identifier_kind kind;
    struct str username;   /* as account_identifier_fold makes it */
    struct str account_id; /* absent where there is none that may be used */
    struct str password;   /* which one the account has, as a digest; empty for none */
    struct str phone;      /* whose code was right, as a digest; empty for none */
    int64_t started_at;
    unsigned shown;
};

#define RECOVERY_PACKED_MOST 512
struct str recovery_pack(struct arena *arena, const struct recovery *recovery);
/* False when it is too old, or none. */
bool recovery_unpack(const struct domain *domain, struct str packed, struct recovery *ret_recovery);

enum recovery_result { RECOVERY_GOES_ON, RECOVERY_LIMITED, RECOVERY_UNAVAILABLE };
/* Counts the attempt. Takes as long whoever was typed. Waits. */
enum recovery_result recovery_start(struct domain *domain, struct arena *arena, struct str typed,
                                    struct str client_address, struct recovery *ret_recovery);
/* Counts the attempt, and notes RECOVERY_IDENTITY where name and number are the account's, which is then loaded. Takes
 * as long whether they are. Waits. */
enum recovery_result recovery_match(struct domain *domain, struct arena *arena, struct recovery *recovery,
                                    struct str name, struct str id_number, struct str client_address,
                                    struct account *ret_account);
/* The linked account of a service's subject: notes RECOVERY_SERVICE where it is this one. Waits. */
enum recovery_result recovery_service(struct domain *domain, struct arena *arena, struct recovery *recovery,
                                      struct str upstream, struct str subject);

/* Sends a code to the account's phone where that would be enough, in the background: nobody sees whether. */
void recovery_send_code(struct domain *domain, const struct recovery *recovery, struct str client_address,
                        bool english);
/* Notes RECOVERY_PHONE where the code is right. Takes as long whether there is one. Waits. */
enum recovery_result recovery_check_code(struct domain *domain, struct arena *arena, struct recovery *recovery,
                                         struct str typed, struct str client_address);

/* Counts the attempt, and notes RECOVERY_COUNTER where it is a code of the account's, which is used up by it. Takes as
 * long whether it is. Waits. */
enum recovery_result recovery_check_counter_code(struct domain *domain, struct arena *arena, struct recovery *recovery,
                                                 struct str typed, struct str client_address);
/* An account of level 4 takes more than a face: whether its person can be asked for a one-time password that is
 * bound to them (domain/second_factor.h). DOMAIN_NO: then being seen does not give it back. Waits. */
enum domain_status recovery_may_be_seen(struct domain *domain, struct arena *arena, const struct account *account);
/* DOMAIN_DONE: the person was seen, and a one-time password is what is missing. Waits. */
enum domain_status recovery_wants_factor(struct domain *domain, struct arena *arena, const struct recovery *recovery);
/* Notes RECOVERY_FACTOR where it is right. RECOVERY_LIMITED: too many tries. Waits. */
enum recovery_result recovery_check_factor(struct domain *domain, struct arena *arena, struct recovery *recovery,
                                           struct str code);

/* Whether what was shown is as much as the account is proven by. DOMAIN_NO: not, or there is no account. Waits. */
enum domain_status recovery_is_enough(struct domain *domain, struct arena *arena, const struct recovery *recovery);
/* `sends_codes`: codes can be sent to phones. */
bool recovery_shows_level(const struct account *account, unsigned shown, bool sends_codes);
/*
 * A presence check can be phished: whoever began it has somebody else show their face. So it takes, besides it, a code
 * to the account's own phone where that is proven and codes can be sent; and where not, a service whose check is done
 * on the device that began it.
 */
bool recovery_asks_phone(const struct domain *domain, const struct account *account);
bool recovery_may_be_seen_by(const struct domain *domain, const struct account *account,
                             const struct upstream *presence);
/* Tells of an attempt that was not enough. */
void recovery_tell_refused(const struct domain *domain, const struct recovery *recovery, struct str client_address,
                           const char *reason);

enum recovery_end {
    RECOVERY_DONE,
    RECOVERY_BAD_PASSWORD, /* too short or too simple */
    RECOVERY_NO,           /* not enough was shown, or the password was set meanwhile */
    RECOVERY_CANNOT_SAY,
};
/* Sets the password, ends every session and what client systems hold, and clears the counters of wrong passwords.
 * Waits. */
enum recovery_end recovery_finish(struct domain *domain, struct arena *arena, const struct recovery *recovery,
                                  struct str password, struct str client_address);

#endif
