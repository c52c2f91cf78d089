/*
 * Leaving for another service, and coming back from it.
 */
#include "detour.h"

#include "../routes.h"
#include "base/check.h"
#include "base/clock.h"
#include "device.h"
#include "domain/attempts.h"
#include "model/pack.h"
#include "pages.h"
#include "qr.h"

#define COOKIE      STR("__Host-detour")
#define COOKIE_MOST 3800 /* browsers keep 4096 bytes with the name */
#define PACKED_MOST 4096
#define RETURN_PATH "/return"
#define PARAMS_MOST 50
#define ASK_EVERY_S 2
#define ASKED_MOST  60 /* of one detour: more patience than any service's page has */

/* --- the cookie --- */

static struct str seal_detour(struct call *call, const struct detour *detour) {
    struct buf packed;
    buf_init(&packed, call->arena, 1024, PACKED_MOST);
    pack_number(&packed, detour->purpose);
    pack_str(&packed, upstream_name(detour->upstream));
    pack_str(&packed, detour->sealed_flow);
    pack_str(&packed, detour->account_id);
    pack_str(&packed, detour->extra);
    pack_str(&packed, detour->transaction);
    pack_str(&packed, detour->kept);
    pack_str(&packed, detour->url);
    pack_number(&packed, detour->other_device);
    pack_signed(&packed, detour->started_at);
    return packed.failed ? STR_NONE
                         : browser_seal(call->domain, call->arena, BROWSER_DETOUR, &packed, browser_cookie(call));
}

static bool is_fresh(const struct domain *domain, int64_t started_at) {
    int64_t age = clock_wall() - started_at;
    return age >= 0 && age <= domain->settings->flow_s;
}

/* The browser's detour, when it is the one that `state` names. */
static bool open_detour(struct call *call, struct detour *detour) {
    struct unpack unpack;
    struct str sealed = http_cookie(call->request, COOKIE);
    struct str state = http_params_once(&call->request->query, STR("state"));
    if (call->request->query.malformed || str_is_empty(state) || str_is_absent(sealed) ||
        !browser_open(call->domain, call->arena, BROWSER_DETOUR, sealed, browser_cookie_sent(call), &unpack)) {
        return false;
    }
    detour->purpose = (enum detour_purpose)unpack_number(&unpack);
    detour->upstream = upstreams_find(&call->domain->upstreams, unpack_str(&unpack));
    detour->sealed_flow = unpack_str(&unpack);
    detour->account_id = unpack_str(&unpack);
    detour->extra = unpack_str(&unpack);
    detour->transaction = unpack_str(&unpack);
    detour->kept = unpack_str(&unpack);
    detour->url = unpack_str(&unpack);
    detour->other_device = unpack_number(&unpack) != 0;
    detour->started_at = unpack_signed(&unpack);
    return unpack_done(&unpack) && detour->upstream && is_fresh(call->domain, detour->started_at) &&
           str_equal_secret(detour->transaction, state);
}

static void clear_cookie(struct call *call) {
    http_reply_cookie(call->reply, &(struct http_cookie_options){.name = COOKIE, .value = STR(""), .max_age = 0});
}

static const struct detour_handler *handler_of(enum detour_purpose purpose) {
    for (size_t i = 0; i < detour_handler_count; i++) {
        if (detour_handlers[i].purpose == purpose) {
            return &detour_handlers[i];
        }
    }
    return NULL;
}

/* --- the page that waits for the other device --- */

static struct str way_back(struct call *call, const struct detour *detour) {
    struct str path = str_from(handler_of(detour->purpose)->back);
    return str_is_empty(detour->sealed_flow) ? path : str_concat(call->arena, path, STR("?flow="), detour->sealed_flow);
}

static void show_waiting(struct call *call, const struct detour *detour, bool again) {
    enum page_language language = call_language(call, STR_NONE);
    const struct upstream_traits *traits = upstream_traits(detour->upstream);
    struct page *page = page_new(call->endpoint->pages, call->arena, "detour", language);
    page_set(page, "service", language == PAGE_EN ? traits->title_en : traits->title);
    page_set(page, "url", detour->url);
    page_set(page, "state", detour->transaction);
    page_flag(page, "face", traits->face);
    page_set(page, "back", way_back(call, detour));
    if (again) {
        page_message(page, "error", "detour.not_yet");
    }
    page_reply(page, 200, call->reply);
}

/* The QR code of the page above. */
void endpoint_detour_qr(struct call *call) {
    struct detour detour = {0};
    if (!open_detour(call, &detour) || !detour.other_device || !reply_qr(call, detour.url)) {
        reply_error_page(call, 404, "error.not_found", NULL);
    }
}

/* --- leaving --- */

static struct str return_url(const struct call *call) {
    return str_concat(call->arena, call->domain->settings->issuer, STR(RETURN_PATH));
}

static enum proof_result begin_sign_in(struct call *call, struct detour *detour, const struct upstream_begin *begin,
                                       struct upstream_begun *begun) {
    switch (upstream_begin(detour->upstream, call->arena, begin, begun)) {
    case VERIFY_PENDING:
        return PROOF_PENDING;
    case VERIFY_UNSUPPORTED:
        return PROOF_UNSUPPORTED;
    default:
        return PROOF_CANNOT_CHECK;
    }
}

enum proof_result detour_go(struct call *call, struct detour *detour, const struct account *account) {
    struct upstream_begin begin = {.transaction = upstream_transaction(call->arena),
                                   .return_url = return_url(call),
                                   .inside = device_app(http_field_value(call->request, STR("user-agent"))),
                                   .english = call_language(call, STR_NONE) == PAGE_EN};
    struct upstream_begun begun;
    const struct detour_handler *handler = handler_of(detour->purpose);
    CHECK(handler && handler->presence == (account != NULL));
    const struct proof_presence presence = {.account = account,
                                            .upstream = detour->upstream,
                                            .client_address = call->request->client_address,
                                            .claimed = detour->purpose != DETOUR_STEP_UP};
    enum proof_result result = account ? proof_begin(call->domain, call->arena, &presence, &begin, &begun)
                                       : begin_sign_in(call, detour, &begin, &begun);
    if (result != PROOF_PENDING) {
        return result;
    }
    detour->transaction = begin.transaction;
    detour->kept = begun.kept;
    detour->url = begun.url;
    detour->other_device = begun.other_device;
    detour->started_at = clock_wall();
    struct str sealed = seal_detour(call, detour);
    if (sealed.len > COOKIE_MOST && !begun.other_device) {
        detour->url = STR(""); /* only shown again to who waits */
        sealed = seal_detour(call, detour);
    }
    if (str_is_absent(sealed) || sealed.len > COOKIE_MOST) {
        return PROOF_UNSUPPORTED; /* the portal's own parameters are too long to be taken along */
    }
    http_reply_cookie(call->reply, &(struct http_cookie_options){.name = COOKIE, .value = sealed, .max_age = -1});
    if (begun.other_device) {
        show_waiting(call, detour, false);
    } else {
        http_reply_redirect(call->reply, begun.url);
    }
    return PROOF_PENDING;
}

/* --- coming back --- */

static struct upstream_returned returned_of(struct call *call, const struct detour *detour) {
    const struct http_params *query = &call->request->query;
    struct upstream_param *params = arena_array_of(call->arena, query->count + 1, struct upstream_param);
    for (size_t i = 0; i < query->count; i++) {
        params[i] = (struct upstream_param){query->fields[i].name, query->fields[i].value};
    }
    return (struct upstream_returned){
        .begun = {.transaction = detour->transaction, .return_url = return_url(call)},
        .kept = detour->kept,
        .params = params,
        .param_count = query->count < PARAMS_MOST ? query->count : PARAMS_MOST,
    };
}

/* Says nothing against what the browser brought: it was right, or nobody could judge it. */
static bool is_no_guess(enum verify_result result) {
    return result == VERIFY_MATCH || result == VERIFY_PENDING || result == VERIFY_RATE_LIMITED ||
           result == VERIFY_UPSTREAM_ERROR;
}

/* Codes that somebody makes up cost the other side a call each: counted by address, before the call. */
static bool finish_sign_in(struct call *call, struct upstream_returned *returned, struct detour_end *end) {
    const struct domain_settings *settings = call->domain->settings;
    const struct attempt_limit limit = {"detour-address", call->request->client_address,
                                        settings->login_attempts_per_address, settings->login_lock_s};
    int64_t tries;
    switch (attempts_count(call->domain, call->arena, &limit, 1, &tries)) {
    case ATTEMPTS_ALLOWED:
        break;
    case ATTEMPTS_EXCEEDED:
        reply_error_page(call, 429, "login.locked", NULL);
        return false;
    case ATTEMPTS_UNAVAILABLE:
        reply_unavailable_page(call);
        return false;
    }
    end->result = upstream_finish(end->detour->upstream, call->arena, returned, &end->found);
    if (end->result == VERIFY_MATCH && (end->found.subject.len == 0 || end->found.subject.len > 255)) {
        end->result = VERIFY_UPSTREAM_ERROR;
    }
    if (is_no_guess(end->result)) {
        attempts_give_back(call->domain, call->arena, &limit, 1);
    }
    return true;
}

/* A check that is done is one piece of evidence, however many come back from it at once. */
static bool finish_presence(struct call *call, struct upstream_returned *returned, struct detour_end *end) {
    struct account account;
    struct str transaction = end->detour->transaction;
    if (!page_goes_on(call, account_load(call->domain, call->arena, end->detour->account_id, &account))) {
        return false;
    }
    switch (flow_hold(call->domain, call->arena, transaction)) {
    case DOMAIN_DONE:
        break;
    case DOMAIN_NO:
        show_waiting(call, end->detour, true);
        return false;
    case DOMAIN_UNAVAILABLE:
        reply_unavailable_page(call);
        return false;
    }
    end->proof = proof_finish(call->domain, call->arena, &account, end->detour->upstream, returned,
                              call->request->client_address, &end->amr);
    if (end->proof == PROOF_PENDING) {
        flow_give_back(call->domain, call->arena, transaction);
    }
    return true;
}

/* A browser that waits comes again and again, and each question is a call over there. Whom the service itself sends
 * back is asked about at once: that request says more than the state. */
static enum attempts_result count_question(struct call *call, const struct detour *detour) {
    const char *pace = call->request->query.count > 1 ? "detour-returned" : "detour-awaited";
    const struct attempt_limit limits[] = {
        {pace, detour->transaction, 1, ASK_EVERY_S},
        {"detour-asked", detour->transaction, ASKED_MOST, call->domain->settings->flow_s}};
    enum attempts_result counted = ATTEMPTS_ALLOWED;
    int64_t nth;
    bool awaits = upstream_traits(detour->upstream)->services & UPSTREAM_PRESENCE;
    for (size_t i = 0; awaits && counted == ATTEMPTS_ALLOWED && i < ARRAY_LEN(limits); i++) {
        counted = attempts_count(call->domain, call->arena, &limits[i], 1, &nth);
    }
    return counted;
}

/* False when the request is answered. */
static bool ask(struct call *call, const struct detour_handler *handler, struct detour_end *end) {
    struct upstream_returned returned = returned_of(call, end->detour);
    switch (count_question(call, end->detour)) {
    case ATTEMPTS_ALLOWED:
        return handler->presence ? finish_presence(call, &returned, end) : finish_sign_in(call, &returned, end);
    case ATTEMPTS_EXCEEDED:
        show_waiting(call, end->detour, true);
        return false;
    case ATTEMPTS_UNAVAILABLE:
        break;
    }
    reply_unavailable_page(call);
    return false;
}

/* A detour ends once. */
static bool complete(struct call *call, const struct detour *detour) {
    clear_cookie(call);
    return page_goes_on(call, flow_complete(call->domain, call->arena, detour->transaction));
}

void endpoint_detour_return(struct call *call) {
    struct detour detour = {0};
    struct detour_end end = {.detour = &detour};
    const struct detour_handler *handler = open_detour(call, &detour) ? handler_of(detour.purpose) : NULL;
    if (!handler) {
        reply_error_page(call, 400, "error.expired_flow", NULL);
        return;
    }
    if (!page_goes_on(call, flow_is_open(call->domain, call->arena, detour.transaction)) || !ask(call, handler, &end)) {
        return;
    }
    bool pending = handler->presence ? end.proof == PROOF_PENDING : end.result == VERIFY_PENDING;
    if (pending && handler->takes_account && !detour.other_device) {
        end.proof = PROOF_REFUSED;
        pending = false;
    }
    if (pending) {
        show_waiting(call, &detour, true);
    } else if (complete(call, &detour)) {
        handler->ended(call, &end);
    }
}
