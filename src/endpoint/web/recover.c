/*
 * Whose password it is, how they prove it, and the new one. The pages are the same whether there is such a person.
 */
#include "recover.h"

#include "../routes.h"
#include "base/byte.h"
#include "base/check.h"
#include "detour.h"
#include "domain/form.h"
#include "pages.h"
#include "presence.h"

#define PATH      "/recover"
#define FLOW_MOST 8192

/* --- a request --- */

struct str recover_field(const struct recovering *recovering, const char *name) {
    return http_params_once(&recovering->params, str_from(name));
}

static bool open_request(struct recovering *recovering, struct call *call) {
    *recovering = (struct recovering){.call = call, .language = call_language(call, STR_NONE)};
    if (!page_params_read(call, &recovering->params)) {
        return false;
    }
    struct str flow = recover_field(recovering, "flow");
    recovering->flow = flow.len <= FLOW_MOST && bytes_all(flow, BYTE_BASE64URL) ? flow : STR("");
    return true;
}

static struct form form_of(const struct call *call, const char *purpose) {
    return (struct form){.browser = browser_cookie_sent(call), .session_id = STR(""), .purpose = purpose};
}

/* Takes the form of a step, and with it the recovery as it was then. */
static bool take(struct recovering *recovering, const char *purpose) {
    struct call *call = recovering->call;
    struct str packed = STR("");
    const struct form form = form_of(call, purpose);
    enum domain_status taken = form_take(call->domain, call->arena, &form, recover_field(recovering, "form"), &packed);
    if (taken == DOMAIN_UNAVAILABLE) {
        reply_unavailable_page(call);
        return false;
    }
    bool starts = str_equal(str_from(purpose), STR(RECOVER_START));
    if (taken == DOMAIN_NO || (!starts && !recovery_unpack(call->domain, packed, &recovering->recovery))) {
        reply_error_page(call, 400, "recover.expired", NULL);
        return false;
    }
    return true;
}

/* --- pages --- */

struct page *recover_page(struct recovering *recovering, const char *name, const char *purpose, const char *error) {
    struct call *call = recovering->call;
    bool starts = str_equal(str_from(purpose), STR(RECOVER_START));
    struct page *page = page_new(call->endpoint->pages, call->arena, name, recovering->language);
    struct form form = form_of(call, purpose);
    form.browser = browser_cookie(call);
    struct str extra = starts ? STR("") : recovery_pack(call->arena, &recovering->recovery);
    page_set(page, "action", STR(PATH));
    page_set(page, "form", form_seal(call->domain, call->arena, &form, extra));
    page_set(page, "flow", recovering->flow);
    if (error) {
        page_message(page, "error", error);
    }
    return page;
}

static void show_start(struct recovering *recovering, int status, const char *error) {
    struct page *page = recover_page(recovering, "recover", RECOVER_START, error);
    page_reply(page, status, recovering->call->reply);
}

/* What there is besides being seen. */
static struct presence_others others_of(const struct recovering *recovering) {
    struct presence_others others = presence_others(recovering->call->arena, recovering->language);
    if (recover_by_phone(recovering->call)) {
        presence_others_add(&others, page_text(recovering->language, "recover.by_phone"));
    }
    const struct upstreams *upstreams = &recovering->call->domain->upstreams;
    for (size_t i = 0; i < upstreams->count; i++) {
        if (upstream_traits(upstreams->items[i])->services & UPSTREAM_SIGN_IN) {
            presence_others_add_upstream(&others, upstreams->items[i]);
        }
    }
    presence_others_add(&others, page_text(recovering->language, "verify.window"));
    return others;
}

static void show_upstreams(struct page *page, const struct recovering *recovering, unsigned service, const char *list) {
    const struct upstreams *upstreams = &recovering->call->domain->upstreams;
    const struct presence_others others = others_of(recovering);
    for (size_t i = 0; i < upstreams->count; i++) {
        const struct upstream_traits *traits = upstream_traits(upstreams->items[i]);
        if (traits->services & service) {
            struct page *row = page_row(page, list);
            page_set(row, "service", upstream_name(upstreams->items[i]));
            page_set(row, "service_title", recovering->language == PAGE_EN ? traits->title_en : traits->title);
            presence_show(row, upstreams->items[i], &others);
        }
    }
}

void recover_show_ways(struct recovering *recovering, int status, const char *error) {
    struct page *page = recover_page(recovering, "recover_ways", RECOVER_WAYS, error);
    bool phone = recover_by_phone(recovering->call);
    bool presence = upstreams_first(&recovering->call->domain->upstreams, UPSTREAM_PRESENCE) != NULL;
    bool service = upstreams_first(&recovering->call->domain->upstreams, UPSTREAM_SIGN_IN) != NULL;
    page_flag(page, "by_phone", phone);
    page_flag(page, "has_services", service);
    page_flag(page, "only_window", !phone && !presence && !service);
    show_upstreams(page, recovering, UPSTREAM_PRESENCE, "presences");
    show_upstreams(page, recovering, UPSTREAM_SIGN_IN, "services");
    page_reply(page, status, recovering->call->reply);
}

static void show_password(struct recovering *recovering, const char *error) {
    struct call *call = recovering->call;
    struct page *page = recover_page(recovering, "recover_password", RECOVER_PASSWORD, error);
    page_set(page, "password_least",
             str_format(call->arena, "%lld", (long long)call->domain->settings->password_least));
    page_reply(page, 200, call->reply);
}

static void show_done(struct recovering *recovering) {
    struct call *call = recovering->call;
    struct page *page = page_new(call->endpoint->pages, call->arena, "recover_done", recovering->language);
    page_set(page, "flow", recovering->flow);
    session_cookie_clear(call);
    page_reply(page, 200, call->reply);
}

/* --- steps --- */

bool recover_goes_on(struct recovering *recovering, enum recovery_result result) {
    if (result == RECOVERY_LIMITED) {
        show_start(recovering, 429, "login.locked");
    } else if (result == RECOVERY_UNAVAILABLE) {
        reply_unavailable_page(recovering->call);
    }
    return result == RECOVERY_GOES_ON;
}

static void start(struct recovering *recovering) {
    struct call *call = recovering->call;
    struct str typed = recover_field(recovering, "username");
    if (str_is_empty(str_trim(typed))) {
        show_start(recovering, 200, "recover.username_missing");
    } else if (recover_goes_on(recovering, recovery_start(call->domain, call->arena, typed,
                                                          call->request->client_address, &recovering->recovery))) {
        recover_show_ways(recovering, 200, NULL);
    }
}

void recover_go_on(struct recovering *recovering, const char *reason) {
    struct call *call = recovering->call;
    switch (recovery_is_enough(call->domain, call->arena, &recovering->recovery)) {
    case DOMAIN_DONE:
        show_password(recovering, NULL);
        break;
    case DOMAIN_NO:
        if (recover_ask_factor(recovering)) {
            break;
        }
        if (recovering->recovery.shown & RECOVERY_PRESENCE) {
            recover_send_code_besides(recovering);
            break;
        }
        recovery_tell_refused(call->domain, &recovering->recovery, call->request->client_address, reason);
        recover_show_ways(recovering, 200, "recover.not_enough");
        break;
    case DOMAIN_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

static void set_password(struct recovering *recovering) {
    struct call *call = recovering->call;
    struct str password = recover_field(recovering, "password");
    if (!str_equal(password, recover_field(recovering, "again"))) {
        show_password(recovering, "account.password_differs");
        return;
    }
    switch (
        recovery_finish(call->domain, call->arena, &recovering->recovery, password, call->request->client_address)) {
    case RECOVERY_DONE:
        show_done(recovering);
        break;
    case RECOVERY_BAD_PASSWORD:
        show_password(recovering, "register.weak_password");
        break;
    case RECOVERY_NO:
        reply_error_page(call, 400, "recover.expired", NULL);
        break;
    case RECOVERY_CANNOT_SAY:
        reply_unavailable_page(call);
        break;
    }
}

/* --- another service says who it is --- */

/* The flow is taken along where there is room for it. */
static enum proof_result go(struct recovering *recovering, struct detour *detour, const struct account *account) {
    struct call *call = recovering->call;
    detour->extra = recovery_pack(call->arena, &recovering->recovery);
    detour->sealed_flow = str_is_empty(recovering->flow) ? STR_NONE : recovering->flow;
    return detour_go(call, detour, account);
}

static void answer_presence(struct recovering *recovering, enum proof_result result) {
    switch (result) {
    case PROOF_DONE:
        recovering->recovery.shown |= RECOVERY_PRESENCE;
        recover_go_on(recovering, "presence");
        break;
    case PROOF_REFUSED:
    case PROOF_INVALID:
    case PROOF_UNSUPPORTED:
    case PROOF_CHILD:
    case PROOF_OTHER_PERSON:
    case PROOF_SUSPENDED:
        recovery_tell_refused(recovering->call->domain, &recovering->recovery,
                              recovering->call->request->client_address, "presence");
        recover_show_ways(recovering, 200, "recover.not_enough");
        break;
    case PROOF_LIMITED:
        recover_show_ways(recovering, 429, "verify.limited");
        break;
    case PROOF_CANNOT_CHECK:
        recover_show_ways(recovering, 503, "verify.cannot_check");
        break;
    case PROOF_PENDING:
    case PROOF_UNAVAILABLE:
        reply_unavailable_page(recovering->call);
        break;
    }
}

static void leave_for_presence(struct recovering *recovering, struct upstream *upstream) {
    struct call *call = recovering->call;
    struct account account;
    if (!recover_goes_on(recovering,
                         recovery_match(call->domain, call->arena, &recovering->recovery,
                                        recover_field(recovering, "name"), recover_field(recovering, "id_number"),
                                        call->request->client_address, &account))) {
        return;
    }
    if (!(recovering->recovery.shown & RECOVERY_IDENTITY)) {
        recovery_tell_refused(call->domain, &recovering->recovery, call->request->client_address, "identity");
        recover_show_ways(recovering, 200, "recover.not_enough");
        return;
    }
    if (!recovery_may_be_seen_by(call->domain, &account, upstream)) {
        recovery_tell_refused(call->domain, &recovering->recovery, call->request->client_address, "other_device");
        recover_show_ways(recovering, 200, "recover.same_device");
        return;
    }
    if (!recover_may_leave(recovering, &account)) {
        return;
    }
    struct detour detour = {.purpose = DETOUR_RECOVER, .upstream = upstream, .account_id = account.account_id};
    enum proof_result begun = go(recovering, &detour, &account);
    if (begun != PROOF_PENDING) {
        answer_presence(recovering, begun);
    }
}

static void leave_for_service(struct recovering *recovering, struct upstream *upstream) {
    struct detour detour = {.purpose = DETOUR_RECOVER_SERVICE, .upstream = upstream};
    if (go(recovering, &detour, NULL) != PROOF_PENDING) {
        recover_show_ways(recovering, 503, "login.service_unavailable");
    }
}

static bool open_return(struct recovering *recovering, struct call *call, const struct detour *detour) {
    *recovering = (struct recovering){
        .call = call, .language = call_language(call, STR_NONE), .flow = str_or(detour->sealed_flow, STR(""))};
    if (!recovery_unpack(call->domain, detour->extra, &recovering->recovery)) {
        reply_error_page(call, 400, "recover.expired", NULL);
        return false;
    }
    return true;
}

void recover_presence_ended(struct call *call, struct detour_end *end) {
    struct recovering recovering;
    if (!open_return(&recovering, call, end->detour)) {
        return;
    }
    if (str_equal(recovering.recovery.account_id, end->detour->account_id)) {
        answer_presence(&recovering, end->proof);
    } else {
        reply_error_page(call, 400, "recover.expired", NULL);
    }
}

void recover_service_ended(struct call *call, struct detour_end *end) {
    struct recovering recovering;
    if (!open_return(&recovering, call, end->detour)) {
        return;
    }
    if (end->result == VERIFY_RATE_LIMITED || end->result == VERIFY_UPSTREAM_ERROR) {
        recover_show_ways(&recovering, 503, "login.service_unavailable");
        return;
    }
    enum recovery_result found = RECOVERY_GOES_ON;
    if (end->result == VERIFY_MATCH) {
        found = recovery_service(call->domain, call->arena, &recovering.recovery, upstream_name(end->detour->upstream),
                                 end->found.subject);
    }
    if (recover_goes_on(&recovering, found)) {
        recover_go_on(&recovering, "service");
    }
}

static void take_way(struct recovering *recovering) {
    const struct upstreams *upstreams = &recovering->call->domain->upstreams;
    struct upstream *presence = upstreams_find(upstreams, recover_field(recovering, "presence"));
    struct upstream *service = upstreams_find(upstreams, recover_field(recovering, "service"));
    if (presence && (upstream_traits(presence)->services & UPSTREAM_PRESENCE)) {
        leave_for_presence(recovering, presence);
    } else if (service && (upstream_traits(service)->services & UPSTREAM_SIGN_IN)) {
        leave_for_service(recovering, service);
    } else if (str_equal(recover_field(recovering, "action"), STR("code")) && recover_by_phone(recovering->call)) {
        recover_send_code(recovering);
    } else if (str_equal(recover_field(recovering, "action"), STR("counter"))) {
        recover_ask_counter_code(recovering);
    } else {
        reply_error_page(recovering->call, 400, "error.invalid_request", NULL);
    }
}

void endpoint_recover(struct call *call) {
    static const struct {
        struct str step;
        const char *purpose;
        void (*run)(struct recovering *recovering);
    } steps[] = {
        {STR_INIT("start"), RECOVER_START, start},
        {STR_INIT("ways"), RECOVER_WAYS, take_way},
        {STR_INIT("code"), RECOVER_CODE, recover_check_code},
        {STR_INIT("counter"), RECOVER_COUNTER, recover_check_counter_code},
        {STR_INIT("factor"), RECOVER_FACTOR, recover_check_factor},
        {STR_INIT("password"), RECOVER_PASSWORD, set_password},
    };
    struct recovering recovering;
    if (!open_request(&recovering, call)) {
        return;
    }
    if (call->request->method != HTTP_POST) {
        show_start(&recovering, 200, NULL);
        return;
    }
    struct str step = recover_field(&recovering, "step");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (str_equal(step, steps[i].step)) {
            if (take(&recovering, steps[i].purpose)) {
                steps[i].run(&recovering);
            }
            return;
        }
    }
    reply_error_page(call, 400, "error.invalid_request", NULL);
}
