/*
 * The pages of one mandate: granting it, accepting or declining what is offered, and ending it.
 */
#include "domain/mandates.h"

#include "../routes.h"
#include "base/check.h"
#include "base/clock.h"
#include "domain/registry.h"
#include "mandate_words.h"
#include "organisation_page.h"
#include "pages.h"

#define DAY_S        86400
#define SYSTEMS_MOST 200
#define TYPED_MOST   4096

/* --- granting --- */

static struct str path_of_grant(struct call *call, struct str organisation_id) {
    return str_concat(call->arena, STR("/organisations/grant?id="), organisation_id);
}

/* The form of one organisation is none of another. */
static struct str purpose_of_grant(struct call *call, struct str organisation_id) {
    return str_concat(call->arena, STR("mandate.grant "), organisation_id);
}

/* Was this value ticked before? */
static bool was_ticked(const struct organisation_call *self, struct str value) {
    for (size_t i = 0; i < self->params.count; i++) {
        const struct http_field *field = &self->params.fields[i];
        if (str_equal(field->name, STR("system")) && str_equal(field->value, value)) {
            return true;
        }
    }
    return false;
}

static void show_systems(struct organisation_call *self, struct page *page) {
    const struct registered_client **clients;
    size_t count = registry_acting(self->call->registry, self->call->arena, SYSTEMS_MOST, &clients);
    for (size_t i = 0; i < count; i++) {
        const struct client *client = &clients[i]->client;
        struct page *row = page_row(page, "systems");
        struct str value = str_concat(self->call->arena, STR("client:"), client->client_id);
        bool english = self->language == PAGE_EN && !str_is_empty(client->client_name_en);
        page_set(row, "value", value);
        page_set(row, "label",
                 english                             ? client->client_name_en
                 : str_is_empty(client->client_name) ? client->client_id
                                                     : client->client_name);
        page_flag(row, "ticked", was_ticked(self, value));
    }
}

/* The codes of the matters that somebody may pass on, as they would be typed. */
static struct str matters_of(struct arena *arena, struct str scope) {
    struct buf matters;
    struct str word;
    buf_init(&matters, arena, 64, TYPED_MOST);
    while (str_next_word(&scope, &word)) {
        if (str_drop_prefix(&word, STR("matter:"))) {
            buf_put(&matters, matters.len > 0 ? STR(" ") : STR(""));
            buf_put(&matters, word);
        }
    }
    return buf_str(&matters);
}

static void show_grant(struct organisation_call *self, const struct mandate *own,
                       const struct mandate_problems *problems, int status, const char *error) {
    struct call *call = self->call;
    struct str organisation_id = own->found.row.organisation_id;
    struct page *page = organisation_page_new(self, "mandate_grant", purpose_of_grant(call, organisation_id));
    int64_t now = clock_wall();
    struct str until = organisation_page_field(self, "until"), from = organisation_page_field(self, "from");
    page_set(page, "action", path_of_grant(call, organisation_id));
    page_set(page, "organisation", organisation_id);
    page_set(page, "organisation_name", own->organisation.name);
    page_flag(page, "represents", mandate_role_grants(own->found.row.role, MANDATE_ADMINISTRATOR));
    page_flag(page, "as_administrator", str_equal(organisation_page_field(self, "role"), STR("administrator")));
    page_set(page, "name", organisation_page_field(self, "name"));
    page_set(page, "matters",
             self->posted ? organisation_page_field(self, "matters") : matters_of(call->arena, own->found.row.scope));
    page_set(page, "from", str_is_empty(from) ? organisation_page_day(call->arena, now) : from);
    page_set(page, "until",
             str_is_empty(until) ? organisation_page_day(call->arena, now + 365 * (int64_t)DAY_S) : until);
    page_flag(page, "all_ticked", was_ticked(self, STR("*")));
    page_flag(page, "bad_name", problems->name);
    page_flag(page, "bad_identifier", problems->identifier);
    page_flag(page, "bad_scope", problems->scope);
    page_flag(page, "bad_term", problems->term);
    show_systems(self, page);
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, call->reply);
}

/* What was ticked, and the matters that were typed. */
static struct str scope_typed(const struct organisation_call *self) {
    struct buf scope;
    struct str matters = organisation_page_field(self, "matters"), word;
    buf_init(&scope, self->call->arena, 256, TYPED_MOST);
    for (size_t i = 0; i < self->params.count; i++) {
        if (str_equal(self->params.fields[i].name, STR("system"))) {
            buf_put(&scope, self->params.fields[i].value);
            buf_putc(&scope, ' ');
        }
    }
    while (str_next_word(&matters, &word)) {
        buf_put(&scope, str_is_empty(word) ? STR("") : STR("matter:"));
        buf_put(&scope, word);
        buf_putc(&scope, ' ');
    }
    return scope.failed ? STR("") : buf_str(&scope);
}

static void grant(struct organisation_call *self, const struct mandate *own) {
    static const struct {
        const char *message;
        int status;
    } answers[] = {
        [MANDATE_INVALID] = {"register.invalid", 200}, [MANDATE_REFUSED] = {"mandate.not_with_your_role", 403},
        [MANDATE_LEVEL] = {"mandate.level", 403},      [MANDATE_TAKEN] = {"mandate.taken", 409},
        [MANDATE_STALE] = {"mandate.stale", 409},      [MANDATE_LIMITED] = {"register.too_many", 429},
        [MANDATE_MISSING] = {"mandate.stale", 409},
    };
    struct call *call = self->call;
    struct mandate_problems problems = {0};
    bool administrator = str_equal(organisation_page_field(self, "role"), STR("administrator"));
    struct mandate_wanted wanted = {.organisation_id = own->found.row.organisation_id,
                                    .role = administrator ? MANDATE_ADMINISTRATOR : MANDATE_AGENT,
                                    .name = organisation_page_field(self, "name"),
                                    .identifier = organisation_page_field(self, "identifier"),
                                    .scope = scope_typed(self)};
    /* The last day counts as a whole. A day that is none is the term's problem. */
    if (organisation_page_read_day(call->arena, organisation_page_field(self, "from"), &wanted.not_before) &&
        organisation_page_read_day(call->arena, organisation_page_field(self, "until"), &wanted.not_after)) {
        wanted.not_after += DAY_S;
    }
    const struct signed_in who = organisation_page_who(self);
    struct str mandate_id;
    enum mandate_result result = mandate_offer(call->domain, call->arena, &who, &wanted, &problems, &mandate_id);
    if (result == MANDATE_DONE) {
        http_reply_redirect(call->reply, str_concat(call->arena, STR("/organisations/one?id="), wanted.organisation_id,
                                                    STR("&done=offered")));
    } else if (result == MANDATE_STEP_UP) {
        organisation_page_step_up(self, own->found.row.role);
    } else if (result == MANDATE_UNAVAILABLE) {
        reply_unavailable_page(call);
    } else {
        show_grant(self, own, &problems, answers[result].status, answers[result].message);
    }
}

void endpoint_mandate_grant(struct call *call) {
    struct organisation_call self;
    struct mandate own, *mandates;
    size_t count;
    struct str id = mandate_id_sent(call);
    if (!organisation_page_open(&self, call, path_of_grant(call, id), true)) {
        return;
    }
    enum domain_status grants = mandates_granted(call->domain, call->arena, &self.account, id, &own, &mandates, &count);
    if (grants != DOMAIN_DONE) {
        grants == DOMAIN_NO ? reply_error_page(call, 404, "error.not_found", NULL) : reply_unavailable_page(call);
        return;
    }
    if (!self.posted) {
        if (organisation_page_shown_first(&self, own.found.row.role)) {
            show_grant(&self, &own, &(struct mandate_problems){0}, 200, NULL);
        }
    } else if (organisation_page_post_fits(&self, purpose_of_grant(call, id))) {
        grant(&self, &own);
    }
}

/* --- accepting, declining, ending --- */

/* The form is about the mandate as it was looked at: what was changed since is looked at again. */
static struct str purpose_of(struct call *call, struct str mandate_id, struct str version) {
    return str_concat(call->arena, STR("mandate "), mandate_id, STR(" "), version);
}

static void show(struct organisation_call *self, const struct mandate *mandate, int status, const char *error) {
    struct call *call = self->call;
    const struct mandate_row *row = &mandate->found.row;
    struct str version = str_format(call->arena, "%lld", (long long)row->version);
    struct page *page = organisation_page_new(self, "mandate", purpose_of(call, row->mandate_id, version));
    bool own = str_equal(row->account_id, self->account.account_id);
    bool to_me = row->state == MANDATE_OFFERED && !mandate->may_end;
    page_set(page, "action", str_concat(call->arena, STR("/organisations/mandate?id="), row->mandate_id));
    page_set(page, "version", version);
    page_set(page, "organisation_name", mandate->organisation.name);
    page_set(page, "credit_code", mandate->organisation.credit_code);
    page_set(page, "name", own ? self->account.profile.name : str_or(mandate->grantee_name, STR("")));
    mandate_words(call, self->language, mandate, page);
    page_flag(page, "may_accept", to_me);
    page_flag(page, "may_resign", mandate->may_end && own);
    page_flag(page, "may_revoke", mandate->may_end && !own);
    page_flag(page, "takes_others",
              row->role == MANDATE_REPRESENTATIVE || (row->role == MANDATE_ADMINISTRATOR && !own));
    if (error) {
        page_message(page, "error", error);
        page_flag(page, "too_low", str_equal(str_from(error), STR("mandate.level")));
    }
    page_reply(page, status, call->reply);
}

static void answer(struct organisation_call *self, const struct mandate *mandate, enum mandate_result result,
                   const char *done) {
    struct call *call = self->call;
    switch (result) {
    case MANDATE_DONE:
        http_reply_redirect(call->reply, str_concat(call->arena, STR("/organisations?done="), str_from(done)));
        break;
    case MANDATE_LEVEL:
        show(self, mandate, 200, "mandate.level");
        break;
    case MANDATE_STEP_UP:
        organisation_page_step_up(self, mandate->looks_as);
        break;
    case MANDATE_TAKEN:
        show(self, mandate, 409, "mandate.taken");
        break;
    case MANDATE_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    default:
        reply_error_page(call, 409, "mandate.stale", NULL);
        break;
    }
}

static void act(struct organisation_call *self, const struct mandate *mandate) {
    struct call *call = self->call;
    struct str id = mandate->found.row.mandate_id, action = organisation_page_field(self, "action");
    int64_t version = 0;
    str_to_i64(organisation_page_field(self, "version"), &version); /* what is none fits nothing */
    const struct signed_in who = organisation_page_who(self);
    if (str_equal(action, STR("accept"))) {
        answer(self, mandate, mandate_accept(call->domain, call->arena, &who, id, version), "accepted");
    } else if (str_equal(action, STR("end"))) {
        answer(self, mandate, mandate_end(call->domain, call->arena, &who, id, version), "ended");
    } else {
        reply_error_page(call, 400, "error.invalid_request", NULL);
    }
}

/* Whoever posts about what they may not even see. */
static void tell_not_theirs(const struct organisation_call *self, struct str id) {
    if (self->posted) {
        bool accept = str_equal(organisation_page_field(self, "action"), STR("accept"));
        call_tell(self->call, &(struct event){.kind = accept ? EVENT_MANDATE_ACCEPT : EVENT_MANDATE_END,
                                              .result = EVENT_REFUSED,
                                              .reason = "not_theirs",
                                              .actor = self->account.account_id,
                                              .subject = id,
                                              .session_id = self->session.session_id});
    }
}

/* Who comes to end another's shows first what that takes; one's own, and what is offered, can be looked at without. */
static bool shown_first(struct organisation_call *self, const struct mandate *mandate) {
    bool others = mandate->may_end && !str_equal(mandate->found.row.account_id, self->account.account_id);
    return !others || organisation_page_shown_first(self, mandate->looks_as);
}

void endpoint_mandate(struct call *call) {
    struct organisation_call self;
    struct mandate mandate;
    struct str id = mandate_id_sent(call);
    if (!organisation_page_open(&self, call, str_concat(call->arena, STR("/organisations/mandate?id="), id), true)) {
        return;
    }
    switch (mandate_look(call->domain, call->arena, &self.account, id, &mandate)) {
    case DOMAIN_DONE:
        break;
    case DOMAIN_NO:
        tell_not_theirs(&self, id);
        reply_error_page(call, 404, "error.not_found", NULL);
        return;
    case DOMAIN_UNAVAILABLE:
        reply_unavailable_page(call);
        return;
    }
    if (!self.posted) {
        if (shown_first(&self, &mandate)) {
            show(&self, &mandate, 200, NULL);
        }
    } else if (organisation_page_post_fits(&self, purpose_of(call, id, organisation_page_field(&self, "version")))) {
        act(&self, &mandate);
    }
}
