/*
 * The one dispatcher: sign-in, then whether the service that the browser brought along is the person's, then proof,
 * then for whom the person acts, then consent, then the answer. Every page comes back here and none points at another.
 */
#include "authorize.h"
#include "authorize_answer.h"
#include "base/clock.h"
#include "domain/claims.h"
#include "domain/consent.h"
#include "domain/mandates.h"
#include "domain/second_factor.h"
#include "domain/session.h"

enum need {
    NEED_NOTHING,
    NEED_LOGIN,
    NEED_LINK,
    NEED_LEVEL,
    NEED_SECOND_FACTOR,
    NEED_ACTING,
    NEED_CONSENT,
    NEED_STORE
};

/* May this session answer, or must the person sign in anew? */
static bool session_serves(struct call *call, const struct client *client, const struct flow *flow,
                           const struct session *session) {
    const struct authorization *authorization = &flow->authorization;
    if (!session || (authorization->prompt & (PROMPT_LOGIN | PROMPT_SELECT_ACCOUNT))) {
        return false;
    }
    if (authorization->max_age >= 0 && clock_wall() - session->auth_time > authorization->max_age) {
        return false;
    }
    if (session->level_until > 0 && clock_wall() >= session->level_until) {
        return false; /* what its level rests on has expired: what is left is seen when the person signs in */
    }
    if (!str_is_absent(flow->account_id) && !str_equal(flow->account_id, session->account_id)) {
        return false;
    }
    return str_is_absent(authorization->hinted_subject) ||
           str_equal(authorization->hinted_subject,
                     subject_for(call->domain, call->arena, session->account_id, client));
}

static enum need consent_need(struct call *call, const struct client *client, const struct flow *flow,
                              const struct session *session) {
    const struct authorization *authorization = &flow->authorization;
    if (flow->consented) {
        return NEED_NOTHING;
    }
    struct str missing, scope = claims_consent_scope(call->arena, authorization);
    /* Of the identity number the person is asked each time, unless nobody may be asked: then it is not told. */
    bool ask = (authorization->prompt & PROMPT_CONSENT) ||
               (authorization->id_number_asked && !(authorization->prompt & PROMPT_NONE));
    if (consent_missing(call->domain, call->arena, session->account_id, client, scope, &missing) != DOMAIN_DONE) {
        return NEED_STORE;
    }
    return str_is_empty(missing) && !ask ? NEED_NOTHING : NEED_CONSENT;
}

/* What guards an account is not to be changed by a password alone where there is a second factor. */
static enum need second_factor_need(struct call *call, const struct client *client, const struct session *session) {
    if ((session->amr & AMR_OTP) || (!client->second_factor && !client->second_factor_of_those_who_have_one)) {
        return NEED_NOTHING;
    }
    if (client->second_factor) {
        return NEED_SECOND_FACTOR;
    }
    switch (second_factor_exists(call->domain, call->arena, session->account_id)) {
    case DOMAIN_DONE:
        return NEED_SECOND_FACTOR;
    case DOMAIN_NO:
        return NEED_NOTHING;
    case DOMAIN_UNAVAILABLE:
        break;
    }
    return NEED_STORE;
}

/* Asked of who has signed in with all that is needed here, and before the level, which an answer may raise. */
static enum need link_need(struct call *call, const struct client *client, const struct flow *flow,
                           const struct session *session) {
    if (str_is_absent(flow->carried)) {
        return NEED_NOTHING;
    }
    enum need first = second_factor_need(call, client, session);
    return first == NEED_NOTHING ? NEED_LINK : first;
}

static const struct acting *acting_hinted(struct call *call, const struct client *client, const struct flow *flow,
                                          const struct acting *actings, size_t count) {
    for (size_t i = 0; i < count && !str_is_absent(flow->authorization.acting); i++) {
        if (str_equal(flow->authorization.acting,
                      organisation_subject(call->domain, call->arena, actings[i].organisation_id, client))) {
            return &actings[i];
        }
    }
    return NULL;
}

/*
 * For whom does the person act? Asked at every authorization, since the choice belongs to it and not to the session:
 * acting for another is another authorization. Where no page may be shown, the client system's hint counts, if it is
 * one of the person's own; and where there is nothing to choose, nobody is asked.
 */
static enum need acting_need(struct call *call, const struct client *client, struct flow *flow,
                             const struct session *session) {
    struct acting *actings;
    size_t count;
    if (client->acting == CLIENT_ACTING_NONE || !str_is_absent(flow->mandate_id) ||
        !str_has_word(flow->authorization.scope, STR("cn_org"))) {
        return NEED_NOTHING;
    }
    if (acting_list(call->domain, call->arena, session->account_id, client, &actings, &count) != DOMAIN_DONE) {
        return NEED_STORE;
    }
    bool silent = flow->authorization.prompt & PROMPT_NONE;
    const struct acting *hinted = acting_hinted(call, client, flow, actings, count);
    if (silent && hinted) {
        flow->mandate_id = hinted->mandate_id;
    } else if (client->acting == CLIENT_ACTING_OPTIONAL && (silent || count == 0)) {
        flow->mandate_id = STR("");
    }
    return str_is_absent(flow->mandate_id) ? NEED_ACTING : NEED_NOTHING;
}

static enum need flow_need(struct call *call, const struct client *client, struct flow *flow,
                           const struct session *session) {
    if (!session_serves(call, client, flow, session)) {
        return NEED_LOGIN;
    }
    enum need link = link_need(call, client, flow, session);
    if (link != NEED_NOTHING) {
        return link;
    }
    if (session->level < flow->authorization.level) {
        return NEED_LEVEL;
    }
    bool may_ask = !(flow->authorization.prompt & PROMPT_NONE);
    if (session->level < flow->authorization.level_wanted && may_ask) {
        return NEED_LEVEL; /* wished for: whoever declines goes on without (verify.c) */
    }
    enum need need = second_factor_need(call, client, session);
    if (need == NEED_NOTHING) {
        need = acting_need(call, client, flow, session);
    }
    return need == NEED_NOTHING ? consent_need(call, client, flow, session) : need;
}

static void go_to_page(struct call *call, const struct flow *flow, const char *path) {
    struct str sealed = flow_seal(call->domain, call->arena, flow, browser_cookie(call));
    http_reply_redirect(call->reply, str_format(call->arena, "%s?flow=%.*s", path, STR_ARG(sealed)));
}

static void refuse_flow(struct call *call, const struct flow *flow, bool from_page, enum oidc_error error,
                        const char *description) {
    if (from_page) {
        answer_flow_error(call, flow, error, description);
    } else {
        answer_error(call, &flow->authorization, error, description);
    }
}

/* A person who has just signed in and still does not serve is not the hinted one: asking again would go round in
 * circles. */
static void need_login(struct call *call, const struct flow *flow, bool from_page) {
    bool silent = flow->authorization.prompt & PROMPT_NONE;
    bool signed_in_now = !str_is_absent(flow->account_id);
    if (silent || signed_in_now) {
        refuse_flow(call, flow, from_page, ERROR_LOGIN_REQUIRED, "the person must sign in");
    } else {
        go_to_page(call, flow, "/login");
    }
}

/* A page that needs the session it was led through, or the refusal where none may be shown. */
static void need_page(struct call *call, struct flow *flow, const struct session *session, bool from_page,
                      const char *path, enum oidc_error error, const char *description) {
    if (flow->authorization.prompt & PROMPT_NONE) {
        refuse_flow(call, flow, from_page, error, description);
        return;
    }
    flow->account_id = session->account_id;
    go_to_page(call, flow, path);
}

void flow_continue(struct call *call, const struct registered_client *client, struct flow *flow,
                   const struct session *session, bool from_page) {
    switch (flow_need(call, &client->client, flow, session)) {
    case NEED_NOTHING:
        answer_code(call, client, flow, session, from_page);
        break;
    case NEED_LOGIN:
        need_login(call, flow, from_page);
        break;
    case NEED_LINK:
        need_page(call, flow, session, from_page, "/link", ERROR_INTERACTION_REQUIRED,
                  "the person must say whether to link a service");
        break;
    case NEED_LEVEL:
        need_page(call, flow, session, from_page, "/verify", ERROR_UNMET_AUTHENTICATION_REQUIREMENTS,
                  "the person is not proven to the level needed");
        break;
    case NEED_SECOND_FACTOR:
        need_page(call, flow, session, from_page, "/second-factor", ERROR_LOGIN_REQUIRED,
                  "the person must give a one-time password");
        break;
    case NEED_ACTING:
        need_page(call, flow, session, from_page, "/acting", ERROR_INTERACTION_REQUIRED,
                  "the person must say for whom they act");
        break;
    case NEED_CONSENT:
        need_page(call, flow, session, from_page, "/consent", ERROR_CONSENT_REQUIRED, "the person must consent");
        break;
    case NEED_STORE:
        refuse_flow(call, flow, from_page, ERROR_TEMPORARILY_UNAVAILABLE, "try again in a moment");
        break;
    }
}

const struct registered_client *flow_client(struct call *call, const struct flow *flow) {
    const struct registered_client *client = registry_find(call->registry, flow->authorization.client_id);
    if (!client || !client_has_redirect_uri(&client->client, flow->authorization.redirect_uri)) {
        reply_error_page(call, 400, "error.unknown_client", "client_id");
        return NULL;
    }
    return client;
}
