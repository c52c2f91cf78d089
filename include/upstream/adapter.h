/*
 * adapter: what one kind of upstream service implements. For files in src/upstream/ only; others call upstream.h.
 */
#ifndef UPSTREAM_ADAPTER_H
#define UPSTREAM_ADAPTER_H

#include "loop/fetch.h"
#include "upstream/upstream.h"

/* What was heard of the service, whatever it said: from this, and not from its yes and no, the breaker knows whether it
 * works. */
enum upstream_heard {
    HEARD_NOTHING, /* nobody was asked */
    HEARD_SILENCE, /* no answer within the time, or a gateway's word that there is none (502, 503, 504) */
    HEARD_ANSWER,
};

struct upstream_call {
    struct arena *arena;
    struct fetcher *fetcher;
    const struct upstream_settings *settings;
    void *state;               /* what open made; NULL without */
    int64_t timeout_ms;        /* what is left of the call's time */
    bool unreachable;          /* put by upstream_fetch: the connection failed, before or within the answer */
    enum upstream_heard heard; /* put by upstream_fetch, of the last question */
};

/* As fetch (loop/fetch.h), and notes in the call what came of it. Nothing is asked when no time is left. Waits. */
enum fetch_result upstream_fetch(struct upstream_call *call, const struct fetch_request *request,
                                 struct fetch_answer *ret_answer);

/* An option of the adapter's own, in its entry of `upstreams:`. The common ones are members of struct
 * upstream_settings. */
enum upstream_option_kind { OPTION_TEXT, OPTION_PATH, OPTION_INT, OPTION_ADDRESS, OPTION_TREE };
struct upstream_option {
    const char *name;
    enum upstream_option_kind kind;
    bool required;
    const char *help; /* one line for the reference */
};

struct upstream_adapter {
    const char *name;
    const char *authority; /* who answers, for evidence: "mps-population" */
    const char *url;       /* of the real service, where there is one for all: used where the entry has none */
    bool idempotent;       /* verify may be asked again once after a connection failure */
    struct upstream_traits traits;
    const struct upstream_option *options;
    size_t option_count;
    /* Refuses settings it cannot work with; NULL: takes any. */
    bool (*check)(const struct upstream_settings *settings, struct fault *fault);
    /* Instead of check, where it can say every mistake at once (upstream_wrong). NULL: check and open say the first. */
    void (*check_all)(const struct upstream_settings *settings, struct config_problems *problems);
    /* After check: what calls need at hand (loaded keys, what the other side published). NULL: nothing. */
    bool (*open)(const struct upstream_settings *settings, void **ret_state, struct fault *fault);
    void (*close)(void *state);
    /* Where the traits depend on the settings; NULL: those above. */
    struct upstream_traits (*traits_of)(const void *state);

    /* Fill what the other side told; of the evidence: method, check_id, folded, level, and authority where it is not
     * the adapter's own. Source, result and times are put by the guard. NULL: not this adapter's. Wait. */
    enum verify_result (*verify)(struct upstream_call *call, const struct upstream_asked *asked,
                                 struct upstream_found *ret_found);
    enum verify_result (*begin)(struct upstream_call *call, const struct upstream_begin *begin,
                                struct upstream_begun *ret_begun);
    enum verify_result (*finish)(struct upstream_call *call, const struct upstream_returned *returned,
                                 struct upstream_found *ret_found);
    enum verify_result (*send)(struct upstream_call *call, const struct upstream_message *message);
};

const struct upstream_adapter *upstream_adapter_find(struct str name);

/* The adapter's own options, for its check and open. A value that is not there is absent, or `otherwise`. */
struct str upstream_option_text(const struct upstream_settings *settings, const char *name);
struct str upstream_option_path(const struct upstream_settings *settings, struct arena *arena, const char *name);
/* False with a fault when it is not a whole number from `least` to `most`. */
bool upstream_option_int(const struct upstream_settings *settings, const char *name, int64_t otherwise, int64_t least,
                         int64_t most, int64_t *ret_number, struct fault *fault);
/* Adds all: members that are neither common nor the adapter's own, are not of their form, or are missing. */
void upstream_options_check(const struct upstream_adapter *adapter, const struct upstream_settings *settings,
                            struct config_problems *problems);
/* Adds "FILE:LINE: upstreams.NAME.OPTION: …", with the line of the entry for 0. Always false. */
bool upstream_wrong(const struct upstream_settings *settings, struct config_problems *problems, int line,
                    const char *option, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* https, or http to this machine: as an address that is told by the other side has to be. */
bool upstream_is_private(struct str address);
/* What is wrong with an address of the configuration, which is that and has neither a user nor a query nor a fragment;
 * NULL for nothing. It does not repeat the address. Of url and of each OPTION_ADDRESS it is seen to already. */
const char *upstream_address_problem(struct str address);
/* The same as a fault. */
bool upstream_address_check(const struct upstream_settings *settings, const char *option, struct str address,
                            struct fault *fault);
/* url has no slash at its end: the paths of the interface begin with one. */
bool upstream_url_check(const struct upstream_settings *settings, struct fault *fault);

/* What a service calls a person, fit to be shown: no controls, nothing that turns the writing around, at most 64 bytes.
 * Absent when nothing is left. `text` is UTF-8. */
struct str upstream_nickname(struct arena *arena, struct str text);

/* Puts the method and the level that a match of it proves. */
void upstream_found_by(struct upstream_found *found, enum proof_method method, enum verify_result result);

extern const struct upstream_adapter alipay_adapter;
extern const struct upstream_adapter alipay_face_adapter;
extern const struct upstream_adapter population_adapter;
extern const struct upstream_adapter ctid_adapter;
extern const struct upstream_adapter network_identity_adapter;
extern const struct upstream_adapter sms_http_adapter;
extern const struct upstream_adapter corporate_adapter;
extern const struct upstream_adapter unionpay_adapter;
extern const struct upstream_adapter social_insurance_adapter;
extern const struct upstream_adapter rest_adapter;
extern const struct upstream_adapter openid_adapter;
extern const struct upstream_adapter wechat_adapter;

#endif
