/*
 * The step-up page: a client system needs a higher level than the sign-in has. The ways that lead there are offered, a
 * face never as the only one (domain-china §7.5): a service counter is always named. Afterwards the portal's request
 * goes on; whoever declines is sent back with unmet_authentication_requirements (OpenID Connect Core Unmet
 * Authentication Requirements 1.0).
 */
#include "../routes.h"
#include "base/check.h"
#include "detour.h"
#include "model/cards.h"
#include "pages.h"
#include "presence.h"
#include "verify_ways.h"

/* What the page is about. */
struct verifying {
    struct page_call page_call;
    struct session session;
    struct account account;
    struct verify_ways ways;
    struct str tried; /* the way that has just failed, which stays open; absent for none */
};

/* The level that is needed, or only wished for. */
static int level_of(const struct verifying *verifying) {
    const struct authorization *authorization = &verifying->page_call.flow.authorization;
    return authorization->level > authorization->level_wanted ? authorization->level : authorization->level_wanted;
}

/* --- the page --- */

/* What there is besides being seen. */
static struct presence_others others_of(const struct verifying *verifying) {
    enum page_language language = verifying->page_call.language;
    struct presence_others others = presence_others(verifying->page_call.call->arena, language);
    for (size_t i = 0; i < verifying->ways.count; i++) {
        presence_others_add_upstream(&others, verifying->ways.items[i]);
    }
    if (verifying->ways.otp) {
        presence_others_add(&others, page_text(language, "verify.otp"));
    }
    presence_others_add(&others, page_text(language, "verify.window"));
    return others;
}

static void show_way(struct page *page, const struct verifying *verifying, const struct upstream *upstream,
                     const struct presence_others *others) {
    const struct upstream_traits *traits = upstream_traits(upstream);
    bool english = verifying->page_call.language == PAGE_EN;
    bool presence = traits->services & UPSTREAM_PRESENCE;
    bool known = !str_is_empty(verifying->account.profile.id_number);
    unsigned asks = presence ? 0 : traits->asks;
    struct page *row = page_row(page, "ways");
    page_set(row, "way", upstream_name(upstream));
    page_flag(row, "tried", str_equal(upstream_name(upstream), verifying->tried));
    page_set(row, "title", english ? traits->title_en : traits->title);
    page_flag(row, "check", !presence);
    page_flag(row, "presence", presence);
    if (presence) {
        presence_show(row, upstream, others);
    }
    page_flag(row, "asks_identity", !presence && !known);
    page_flag(row, "asks_phone", asks & ASK_PHONE);
    page_flag(row, "asks_bank_card", asks & ASK_BANK_CARD);
    page_flag(row, "asks_social_card", asks & ASK_SOCIAL_CARD);
    page_flag(row, "asks_region", asks & ASK_REGION);
}

/* A typing error more often than not. Said of what was typed, whatever the register said. */
static bool card_is_unusual(const struct verifying *verifying) {
    char card[BANK_CARD_MOST + 1];
    return verifying->page_call.posted &&
           bank_card_read(page_field(&verifying->page_call, STR("bank_card")), card) == BANK_CARD_UNUSUAL;
}

/* What is needed is said before what is wished for beyond it. */
static void show_levels(struct page *page, const struct verifying *verifying) {
    struct arena *arena = verifying->page_call.call->arena;
    int needed = verifying->page_call.flow.authorization.level, now = verifying->session.level;
    bool wished = now >= needed;
    page_flag(page, "wished", wished);
    int level = wished ? level_of(verifying) : needed;
    page_set(page, "level", str_format(arena, "L%d", level));
    page_message(page, "level_words", page_level_words(level));
    page_set(page, "level_now", str_format(arena, "L%d", now));
    page_message(page, "level_now_words", page_level_words(now));
}

static void show(struct verifying *verifying, int status, const char *error) {
    struct call *call = verifying->page_call.call;
    struct page *page = page_of_flow(&verifying->page_call, "verify");
    page_set(page, "action", STR("/verify"));
    show_levels(page, verifying);
    page_flag(page, "card_unusual", card_is_unusual(verifying));
    page_flag(page, "otp", verifying->ways.otp);
    const struct presence_others others = others_of(verifying);
    for (size_t i = 0; i < verifying->ways.count; i++) {
        show_way(page, verifying, verifying->ways.items[i], &others);
    }
    if (error) {
        page_message(page, "error", error);
        page_flag(page, "other_person", str_equal(str_from(error), STR("verify.other_person")));
    }
    page_reply(page, status, call->reply);
}

/* --- what came of a way --- */

static bool load(struct verifying *verifying) {
    struct call *call = verifying->page_call.call;
    enum domain_status loaded =
        account_load(call->domain, call->arena, verifying->session.account_id, &verifying->account);
    if (loaded == DOMAIN_DONE) {
        loaded = verify_ways_find(call->domain, call->arena, &verifying->account, &verifying->session,
                                  level_of(verifying), &verifying->ways);
    }
    return page_goes_on(call, loaded);
}

static void answer(struct verifying *verifying, enum proof_result result, unsigned amr) {
    static const struct {
        const char *message;
        int status;
    } refusals[] = {
        [PROOF_REFUSED] = {"verify.refused", 200},           [PROOF_INVALID] = {"verify.invalid", 200},
        [PROOF_UNSUPPORTED] = {"verify.unsupported", 200},   [PROOF_CHILD] = {"verify.child", 200},
        [PROOF_OTHER_PERSON] = {"verify.other_person", 200}, [PROOF_LIMITED] = {"verify.limited", 429},
        [PROOF_CANNOT_CHECK] = {"verify.cannot_check", 503},
    };
    struct call *call = verifying->page_call.call;
    switch (result) {
    case PROOF_DONE:
        page_more_shown(&verifying->page_call, &verifying->session, amr);
        break;
    case PROOF_SUSPENDED:
        reply_error_page(call, 403, "login.service_suspended", NULL);
        break;
    case PROOF_UNAVAILABLE:
    case PROOF_PENDING: /* detour_go has answered, and the waiting page otherwise */
        reply_unavailable_page(call);
        break;
    case PROOF_REFUSED:
    case PROOF_INVALID:
    case PROOF_UNSUPPORTED:
    case PROOF_CHILD:
    case PROOF_OTHER_PERSON:
    case PROOF_LIMITED:
    case PROOF_CANNOT_CHECK:
        show(verifying, refusals[result].status, refusals[result].message);
        break;
    }
}

void step_up_ended(struct call *call, struct detour_end *end) {
    struct verifying verifying = {.tried = upstream_name(end->detour->upstream)};
    if (!page_call_open_sealed(&verifying.page_call, call, end->detour->sealed_flow) ||
        !page_session(&verifying.page_call, &verifying.session) ||
        !str_equal(verifying.session.account_id, end->detour->account_id)) {
        if (call->reply->body.len == 0) {
            reply_error_page(call, 400, "error.expired_flow", NULL);
        }
        return;
    }
    if (load(&verifying)) {
        answer(&verifying, end->proof, end->amr);
    }
}

/* --- taking a way --- */

static void leave(struct verifying *verifying, struct upstream *upstream) {
    struct call *call = verifying->page_call.call;
    struct detour detour = {
        .purpose = DETOUR_STEP_UP,
        .upstream = upstream,
        .sealed_flow = flow_seal(call->domain, call->arena, &verifying->page_call.flow, browser_cookie(call)),
        .account_id = verifying->account.account_id,
    };
    enum proof_result begun = detour_go(call, &detour, &verifying->account);
    if (begun != PROOF_PENDING) {
        answer(verifying, begun, 0);
    }
}

static void check(struct verifying *verifying, struct upstream *upstream) {
    struct call *call = verifying->page_call.call;
    const struct proof_typed typed = {
        .name = page_field(&verifying->page_call, STR("name")),
        .id_number = page_field(&verifying->page_call, STR("id_number")),
        .phone = page_field(&verifying->page_call, STR("phone")),
        .bank_card = page_field(&verifying->page_call, STR("bank_card")),
        .social_card = page_field(&verifying->page_call, STR("social_card")),
        .region = page_field(&verifying->page_call, STR("region")),
    };
    answer(verifying,
           proof_check(call->domain, call->arena, &verifying->account, upstream, &typed, call->request->client_address),
           0);
}

static void go_to_second_factor(struct verifying *verifying) {
    struct call *call = verifying->page_call.call;
    struct str sealed = flow_seal(call->domain, call->arena, &verifying->page_call.flow, browser_cookie(call));
    http_reply_redirect(call->reply, str_concat(call->arena, STR("/second-factor?flow="), sealed));
}

/* A way in which the person is seen is taken by its own button alone, which says that they agree (presence.h). */
static void take(struct verifying *verifying) {
    struct str way = page_field(&verifying->page_call, STR("way"));
    struct str presence = page_field(&verifying->page_call, STR("presence"));
    bool agreed = !str_is_empty(presence);
    verifying->tried = agreed ? presence : way;
    struct upstream *upstream = upstreams_find(&verifying->page_call.call->domain->upstreams, agreed ? presence : way);
    bool offered = upstream && verify_ways_have(&verifying->ways, upstream);
    bool is_presence = offered && (upstream_traits(upstream)->services & UPSTREAM_PRESENCE);
    if (verifying->ways.otp && str_equal(way, STR("otp"))) {
        go_to_second_factor(verifying);
    } else if (!offered || is_presence != agreed) {
        show(verifying, 200, "verify.unsupported");
    } else if (is_presence) {
        leave(verifying, upstream);
    } else {
        check(verifying, upstream);
    }
}

/* What was only wished for (acr_values) is gone without; what is needed is not. */
static void decline(struct verifying *verifying) {
    struct call *call = verifying->page_call.call;
    struct flow *flow = &verifying->page_call.flow;
    if (verifying->session.level < flow->authorization.level) {
        answer_flow_error(call, flow, ERROR_UNMET_AUTHENTICATION_REQUIREMENTS,
                          "the person is not proven to the level needed");
        return;
    }
    flow->authorization.level_wanted = 0;
    flow_continue(call, verifying->page_call.client, flow, &verifying->session, true);
}

void endpoint_verify(struct call *call) {
    struct verifying verifying = {.tried = STR_NONE};
    struct page_call *page_call = &verifying.page_call;
    if (!page_call_open(page_call, call) || !page_session(page_call, &verifying.session) || !load(&verifying)) {
        return;
    }
    if (!page_call->posted && verifying.session.level >= level_of(&verifying)) {
        /* meanwhile, on another page */
        flow_continue(call, page_call->client, &page_call->flow, &verifying.session, true);
    } else if (!page_call->posted) {
        show(&verifying, 200, NULL);
    } else if (page_action_is(page_call, STR("decline"))) {
        decline(&verifying);
    } else {
        take(&verifying);
    }
}
