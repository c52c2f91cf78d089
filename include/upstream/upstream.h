/*
 * upstream: other people's identity services behind one contract. One adapter is one file and one entry of the table in
 * src/upstream/adapters.c; one configured service is one entry of `upstreams:`.
 *
 * What a service can do is told by its traits. It is asked in one of these ways:
 *
 *   upstream_verify           one question, one answer: is this so?
 *   upstream_begin, _finish   the person's browser goes there and comes back: who is this (sign-in), or is this that
 *                             person (a face check)? What the browser brings back is a hint only; finish asks.
 *   upstream_send             a message to a phone: a one-time code, or a notice
 *
 * All put the shared guard around the adapter: deadline, circuit breaker, concurrency limit. "The register is down" and
 * "the register says no" are different values. Attempt limits per person are counted by domain before the call. Nothing
 * here logs or keeps personal data.
 */
#ifndef UPSTREAM_UPSTREAM_H
#define UPSTREAM_UPSTREAM_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/histogram.h"
#include "model/evidence.h"
#include "model/organisation.h"
#include "model/session.h"

struct config_problems;
struct fetcher;
struct yaml;
struct upstream; /* one configured service; one per loop */

/* What an adapter is configured with: the entry of `upstreams:` in the configuration, whose strings it borrows. */
struct upstream_settings {
    struct str name;    /* the operator's, unique: "population" */
    struct str adapter; /* the table entry's name: "population" */
    struct str url;
    struct str app_id;
    struct str secret;      /* of the request signature; from the environment */
    int64_t timeout_ms;     /* of one call, a second attempt included */
    int64_t concurrent;     /* most calls at once per worker; more answer VERIFY_RATE_LIMITED at once */
    int64_t breaker_errors; /* consecutive errors that open the breaker */
    int64_t breaker_ms;     /* how long it stays open before one trial call */
    int64_t evidence_days;  /* how long a match counts as evidence; 0 for ever */
    int64_t recheck_days;   /* after which a match is asked for again; 0 for never; of checks by name and number */
    struct str title;       /* what people call the service, Chinese and English; absent: the adapter's */
    struct str title_en;
    struct str file;          /* the configuration, as mistakes name it */
    struct str folder;        /* of the configuration: what relative paths start from */
    const struct yaml *entry; /* all of it, for the adapter's own options; NULL for none */
};

/* What a service can be asked for. */
enum upstream_service {
    UPSTREAM_PERSON = 1,       /* verify: a person's name and number, and what else `asks` says */
    UPSTREAM_ORGANISATION = 2, /* verify: an organisation */
    UPSTREAM_SIGN_IN = 4,      /* begin, finish: who is this? */
    UPSTREAM_PRESENCE = 8,     /* begin, finish: is the person of this name and number there, alive? Both must be
                                  asked: without them it is a sign-in, or refused */
    UPSTREAM_MESSAGE = 16,     /* send: one-time codes */
    UPSTREAM_NOTICE = 32,      /* send: notices, too */
};

/* What a check needs to be told: the members of struct upstream_asked. */
enum upstream_ask {
    ASK_NAME = 1,
    ASK_ID_NUMBER = 2,
    ASK_PHONE = 4,
    ASK_BANK_CARD = 8,
    ASK_SOCIAL_CARD = 16,
    ASK_REGION = 32,
    ASK_ORGANISATION = 64,    /* org_name, credit_code */
    ASK_REPRESENTATIVE = 128, /* representative_name; representative_number where it is known */
    ASK_CREDENTIAL = 256,     /* what the person's own app made: a network identity credential */
};

struct upstream_traits {
    unsigned services;        /* bits of enum upstream_service */
    unsigned asks;            /* bits of enum upstream_ask */
    enum proof_method method; /* of the best evidence that it gives */
    int level;                /* that a match proves at most; 0 for a sign-in method that proves nothing */
    bool face;                /* a face is looked at: never the only way that is offered (domain-china §7.5) */
    bool other_device;        /* a presence check may be done on another device than the browser that it was begun in,
                                 and so by a person who did not begin it */
    unsigned amr;             /* bits of enum amr that a sign-in or a presence check here adds to the session */
    struct str title, title_en;
};

/* What is asked. Absent members are not asked for. All in canonical form (model/identity.h). */
struct upstream_asked {
    struct str name;
    enum id_type id_type;
    struct str id_number;
    struct str phone; /* "+86…" */
    struct str bank_card, social_card;
    struct str region; /* six digits of GB/T 2260 */
    struct str org_name, credit_code, representative_name, representative_number;
    struct str credential;
    struct str request_id;  /* ours, sent along for the other side's log */
    struct str transaction; /* ours, for the other side to tell two questions apart: 32 letters and digits, never used
                               twice; absent: the adapter makes one */
};

/* What came of it. Members that were not told are absent. */
struct upstream_found {
    struct evidence evidence;
    struct str subject; /* the other side's lasting name for the person, unique within this upstream: a link is found by
                           it. At most 255 bytes. */
    bool certified;     /* the other side vouches for name and number below */
    struct str name, id_number, phone, birthdate, gender; /* as it told them, in canonical form */
    enum id_type id_type;
    struct str nickname;             /* for showing which account it is; not to be trusted */
    enum organisation_status status; /* of an organisation */
    struct str org_name, org_type;   /* the register's own writing of the name */
    int64_t as_of;                   /* how old the other side's data is: seconds, 0 where it does not say */
    unsigned amr;                    /* of enum amr: what the person did there */
    bool alert;                      /* an attack was noticed: to be told of */
};

/* Never fails silently: on anything but an answer of the authority the result is VERIFY_UPSTREAM_ERROR. Waits. */
enum verify_result upstream_verify(struct upstream *upstream, struct arena *arena, const struct upstream_asked *asked,
                                   struct upstream_found *ret_found);

/* A fresh transaction: 32 hexadecimal digits at random. */
struct str upstream_transaction(struct arena *arena);

/* --- services that the browser goes to --- */

/* Apps that show pages and are themselves somebody's sign-in. */
enum upstream_app { UPSTREAM_APP_NONE, UPSTREAM_APP_WECHAT, UPSTREAM_APP_ALIPAY };

struct upstream_begin {
    struct str transaction;      /* 32 letters and digits, never used twice: comes back as `state` */
    struct str return_url;       /* where the browser comes back to, without a query */
    struct upstream_asked asked; /* of a presence check: who it must be */
    enum upstream_app inside;    /* the app that the browser is in */
    bool english;                /* the language of the pages there, where there is a choice */
};
struct upstream_begun {
    struct str url;    /* where the browser goes */
    struct str kept;   /* what finish needs (nonce, code verifier, certify_id): for our eyes only, at most 1024 bytes */
    bool other_device; /* the address is for the person's phone: shown as a QR code too, and finish is asked again and
                          again while it answers VERIFY_PENDING */
};
#define UPSTREAM_KEPT_MOST 1024
/* VERIFY_PENDING when begun. Waits. */
enum verify_result upstream_begin(struct upstream *upstream, struct arena *arena, const struct upstream_begin *begin,
                                  struct upstream_begun *ret_begun);

struct upstream_param {
    struct str name, value; /* decoded */
};
struct upstream_returned {
    struct upstream_begin begun; /* as it was given */
    struct str kept;
    const struct upstream_param *params; /* of the request that came back; none when the browser did not */
    size_t param_count;
};
/*
 * The service's answer about this transaction; VERIFY_PENDING while the person is not done there. VERIFY_MISMATCH also
 * when the person refused or gave up. Waits.
 */
enum verify_result upstream_finish(struct upstream *upstream, struct arena *arena,
                                   const struct upstream_returned *returned, struct upstream_found *ret_found);
/* The value of a parameter that came exactly once; absent otherwise. */
struct str upstream_param(const struct upstream_returned *returned, const char *name);

/* --- messages --- */

enum upstream_message_kind {
    MESSAGE_CODE,
    MESSAGE_ACCOUNT_CODE,  /* who has the code can take the account over: the text must say so */
    MESSAGE_PHONE_CHANGED, /* a notice, to the number that an account had until now; has no code, and one text for all
                            */
};
struct upstream_message {
    enum upstream_message_kind kind;
    struct str phone; /* "+86…" */
    struct str code;  /* the one-time code */
    int64_t valid_s;
    bool english;
    struct str transaction, request_id;
};
/* VERIFY_MATCH: handed over to the carrier. Waits. */
enum verify_result upstream_send(struct upstream *upstream, struct arena *arena,
                                 const struct upstream_message *message);

/* --- one service --- */

bool upstream_open(const struct upstream_settings *settings, struct fetcher *fetcher, struct upstream **ret_upstream,
                   struct fault *fault);
/* Adds all that keeps it from being opened, each with its line and option: for tongxing check. */
void upstream_check(const struct upstream_settings *settings, struct config_problems *problems);
void upstream_free(struct upstream *upstream);
struct str upstream_name(const struct upstream *upstream);    /* the operator's */
struct str upstream_adapter(const struct upstream *upstream); /* the table entry's */
const struct upstream_traits *upstream_traits(const struct upstream *upstream);

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_TRIAL };
struct upstream_health {
    enum breaker_state breaker;
    uint64_t calls, errors;
    uint64_t answers[VERIFY_RESULTS]; /* of the calls, by result */
    uint64_t shed;                    /* answered without a call: breaker open, or too many at once */
    int64_t running;
    struct histogram took;
};
/* Since upstream_open; for the loop's own thread. */
const struct upstream_health *upstream_health(const struct upstream *upstream);

/* --- all that are configured, in the order of the configuration --- */

struct upstreams {
    struct upstream **items;
    size_t count;
};
/* NULL when there is none. */
struct upstream *upstreams_find(const struct upstreams *upstreams, struct str name);
/* The first that can do all of `services`; NULL when none can. */
struct upstream *upstreams_first(const struct upstreams *upstreams, unsigned services);

#endif
