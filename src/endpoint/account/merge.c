/*
 * Making two accounts one: the person, signed in to the one that stays, proves to own the other, sees what will happen,
 * and says yes. The other account travels sealed in the form.
 */
#include "domain/merging.h"

#include "../routes.h"
#include "../web/detour.h"
#include "../web/pages.h"
#include "../web/presence.h"
#include "../web/self.h"
#include "base/check.h"
#include "domain/recovery.h"
#include "model/identity.h"

#define PATH    "/account/merge"
#define PROVE   "account.merge.prove"
#define MORE    "account.merge.more"
#define CONFIRM "account.merge.confirm"

/* --- proving --- */

static void show_presences(struct page *page, const struct self *self) {
    const struct upstreams *upstreams = &self->call->domain->upstreams;
    struct presence_others others = presence_others(self->call->arena, self->language);
    presence_others_add(&others, page_text(self->language, "account.merge_password"));
    for (size_t i = 0; i < upstreams->count; i++) {
        const struct upstream_traits *traits = upstream_traits(upstreams->items[i]);
        if (traits->services & UPSTREAM_PRESENCE) {
            struct page *row = page_row(page, "presences");
            page_flag(page, "has_presences", true);
            page_set(row, "service", upstream_name(upstreams->items[i]));
            page_set(row, "service_title", self->language == PAGE_EN ? traits->title_en : traits->title);
            presence_show(row, upstreams->items[i], &others);
        }
    }
}

static void ask(struct self *self, int status, const char *error) {
    struct page *page = self_page(self, "account_merge", PROVE, STR(""));
    page_set(page, "action", STR(PATH));
    page_set(page, "username", self->posted ? self_field(self, "username") : STR(""));
    show_presences(page, self);
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, self->call->reply);
}

/* --- what will happen --- */

static void show_account(struct page *page, const struct self *self, const char *list, const struct account *account) {
    struct arena *arena = self->call->arena;
    struct page *row = page_row(page, list);
    page_set(row, "name", str_or(person_name_mask(arena, account->profile.name), STR("")));
    page_set(row, "id_number",
             str_is_empty(account->profile.id_number) ? STR("") : id_number_mask(arena, account->profile.id_number));
    page_set(row, "phone",
             str_is_empty(account->profile.phone_number) ? STR("") : phone_mask(arena, account->profile.phone_number));
    page_set(row, "level", str_format(arena, "L%d", account->level));
    page_set(row, "since", self_time(self, account->created_at));
}

static void show_plan(struct self *self, const struct merge_plan *plan) {
    struct page *page = self_page(self, "account_merge_confirm", CONFIRM, plan->gone.account_id);
    page_set(page, "action", STR(PATH));
    show_account(page, self, "kept", &plan->kept);
    show_account(page, self, "gone", &plan->gone);
    page_set(page, "level_after", str_format(self->call->arena, "L%d", plan->level));
    for (size_t i = 0; i < plan->portal_count; i++) {
        page_flag(page, "has_portals", true);
        page_set(page_row(page, "portals"), "client_title", self_client_name(self, plan->portals[i].client_id));
    }
    page_reply(page, 200, self->call->reply);
}

static void refuse(struct self *self, enum merge_result result) {
    static const char *const messages[] = {
        [MERGE_SAME] = "account.merge_same",
        [MERGE_OTHER_PERSON] = "account.merge_other_person",
        [MERGE_ADMINISTRATOR] = "account.merge_administrator",
        [MERGE_NO] = "account.merge_changed",
    };
    if (result == MERGE_UNAVAILABLE) {
        reply_unavailable_page(self->call);
    } else {
        ask(self, 409, messages[result]);
    }
}

static void plan(struct self *self, struct str gone_id) {
    struct call *call = self->call;
    struct merge_plan plan;
    enum merge_result planned = merge_plan(call->domain, call->arena, self->session.account_id, gone_id, &plan);
    if (planned == MERGE_DONE) {
        show_plan(self, &plan);
    } else {
        refuse(self, planned);
    }
}

static void prove_by_password(struct self *self) {
    struct call *call = self->call;
    struct str gone_id;
    const struct own own = self_own(self);
    struct str code = page_digits(call->arena, self_field(self, "code"));
    switch (merge_prove(call->domain, call->arena, &own, self_field(self, "username"), self_field(self, "password"),
                        code, &gone_id)) {
    case MERGE_PROVEN:
        plan(self, gone_id);
        break;
    case MERGE_WRONG:
        ask(self, 200, "account.merge_wrong");
        break;
    case MERGE_LOCKED:
        ask(self, 429, "login.locked");
        break;
    case MERGE_LEVEL:
        ask(self, 200, "account.merge_level");
        break;
    case MERGE_CANNOT_SAY:
        reply_unavailable_page(call);
        break;
    }
}

/* --- what it takes besides being seen --- */

/* The form has what was given so far, and whose account it is. */
static void ask_more(struct self *self, struct str gone_id, unsigned given, enum merge_need need, int status,
                     const char *error) {
    struct str extra = str_format(self->call->arena, "%u.%.*s", given, STR_ARG(gone_id));
    struct page *page = self_page(self, "account_merge_more", MORE, extra);
    page_set(page, "action", STR(PATH));
    page_flag(page, "by_phone", need == MERGE_NEEDS_PHONE);
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, self->call->reply);
}

static void go_on(struct self *self, struct str gone_id, unsigned given) {
    struct call *call = self->call;
    const struct own own = self_own(self);
    enum merge_need need = merge_needs(call->domain, call->arena, gone_id, given);
    bool sent;
    switch (need) {
    case MERGE_NEEDS_NOTHING:
        plan(self, gone_id);
        break;
    case MERGE_NEEDS_PHONE:
        sent = merge_send_code(call->domain, call->arena, &own, gone_id, self->language == PAGE_EN);
        ask_more(self, gone_id, given, need, sent ? 200 : 503, sent ? NULL : "account.merge_unsent");
        break;
    case MERGE_NEEDS_FACTOR:
        ask_more(self, gone_id, given, need, 200, NULL);
        break;
    case MERGE_NEEDS_LEVEL:
        ask(self, 200, "account.merge_level");
        break;
    case MERGE_NEEDS_ACCOUNT:
        refuse(self, MERGE_NO);
        break;
    case MERGE_NEEDS_UNKNOWN:
        reply_unavailable_page(call);
        break;
    }
}

static void give(struct self *self, struct str gone_id, unsigned given) {
    struct call *call = self->call;
    const struct own own = self_own(self);
    enum merge_need need = merge_needs(call->domain, call->arena, gone_id, given);
    if ((need != MERGE_NEEDS_PHONE && need != MERGE_NEEDS_FACTOR) || self_action_is(self, "again")) {
        go_on(self, gone_id, given);
        return;
    }
    struct str typed = page_digits(call->arena, self_field(self, "code"));
    switch (merge_give(call->domain, call->arena, &own, gone_id, need, typed)) {
    case MERGE_PROVEN:
        go_on(self, gone_id, given | (need == MERGE_NEEDS_PHONE ? MERGE_PHONE : MERGE_FACTOR));
        break;
    case MERGE_WRONG:
        ask_more(self, gone_id, given, need, 200, "recover.code_wrong");
        break;
    case MERGE_LOCKED:
        ask_more(self, gone_id, given, need, 429, "login.locked");
        break;
    case MERGE_LEVEL: /* of a password alone */
    case MERGE_CANNOT_SAY:
        reply_unavailable_page(call);
        break;
    }
}

static void take_more(struct self *self) {
    struct str extra, gone_id;
    uint64_t given;
    if (self_form_taken(self, MORE, &extra)) {
        CHECK(str_to_u64(str_cut(extra, '.', &gone_id), &given)); /* sealed by us */
        give(self, gone_id, (unsigned)given);
    }
}

/* --- proving by presence --- */

static void answer_presence(struct self *self, enum proof_result result, struct str gone_id) {
    switch (result) {
    case PROOF_DONE:
        go_on(self, gone_id, 0);
        break;
    case PROOF_REFUSED:
    case PROOF_INVALID:
    case PROOF_UNSUPPORTED:
    case PROOF_CHILD:
    case PROOF_OTHER_PERSON:
    case PROOF_SUSPENDED:
        ask(self, 200, "account.merge_wrong");
        break;
    case PROOF_LIMITED:
        ask(self, 429, "verify.limited");
        break;
    case PROOF_CANNOT_CHECK:
        ask(self, 503, "verify.cannot_check");
        break;
    case PROOF_PENDING:
    case PROOF_UNAVAILABLE:
        reply_unavailable_page(self->call);
        break;
    }
}

/* Whose presence it must be: the person whose name and number were typed, if the other account is theirs. */
static void prove_by_presence(struct self *self, struct upstream *upstream) {
    struct call *call = self->call;
    struct account gone;
    struct recovery recovery;
    enum recovery_result started = recovery_start(call->domain, call->arena, self_field(self, "username"),
                                                  call->request->client_address, &recovery);
    if (started == RECOVERY_GOES_ON) {
        started = recovery_match(call->domain, call->arena, &recovery, self_field(self, "name"),
                                 self_field(self, "id_number"), call->request->client_address, &gone);
    }
    switch (started) {
    case RECOVERY_GOES_ON:
        break;
    case RECOVERY_LIMITED:
        ask(self, 429, "login.locked");
        return;
    case RECOVERY_UNAVAILABLE:
        reply_unavailable_page(call);
        return;
    }
    if (!(recovery.shown & RECOVERY_IDENTITY)) {
        ask(self, 200, "account.merge_wrong");
        return;
    }
    if (!recovery_may_be_seen_by(call->domain, &gone, upstream)) {
        ask(self, 200, "recover.same_device");
        return;
    }
    struct detour detour = {.purpose = DETOUR_MERGE,
                            .upstream = upstream,
                            .account_id = gone.account_id,
                            .extra = self->session.session_id};
    enum proof_result begun = detour_go(call, &detour, &gone);
    if (begun != PROOF_PENDING) {
        answer_presence(self, begun, STR_NONE);
    }
}

/* In the very session that left: nobody else's proof is brought in. */
void merge_ended(struct call *call, struct detour_end *end) {
    struct self self;
    struct account account;
    if (!self_open(&self, call, PATH, SELF_SIGNED_IN) || !self_account(&self, &account)) {
        return;
    }
    if (!str_equal(self.session.session_id, end->detour->extra)) {
        reply_error_page(call, 400, "error.expired_flow", NULL);
        return;
    }
    answer_presence(&self, end->proof, end->detour->account_id);
}

/* --- saying yes --- */

static void merge(struct self *self, struct str gone_id) {
    struct call *call = self->call;
    const struct own own = self_own(self);
    enum merge_result merged = merge_accounts(call->domain, call->arena, &own, gone_id);
    if (merged == MERGE_DONE) {
        self_done(self, "/account", "merged");
    } else {
        refuse(self, merged);
    }
}

static void prove(struct self *self) {
    struct upstream *upstream = upstreams_find(&self->call->domain->upstreams, self_field(self, "presence"));
    if (str_is_empty(self_field(self, "presence"))) {
        prove_by_password(self);
    } else if (upstream && (upstream_traits(upstream)->services & UPSTREAM_PRESENCE)) {
        prove_by_presence(self, upstream);
    } else {
        reply_error_page(self->call, 400, "error.invalid_request", NULL);
    }
}

void endpoint_account_merge(struct call *call) {
    struct self self;
    struct account account;
    struct str gone_id;
    if (!self_open(&self, call, PATH, SELF_FRESH) || !self_account(&self, &account)) {
        return;
    }
    if (!self.posted) {
        ask(&self, 200, NULL);
    } else if (self_action_is(&self, "merge")) {
        if (self_form_taken(&self, CONFIRM, &gone_id)) {
            merge(&self, gone_id);
        }
    } else if (self_action_is(&self, "more") || self_action_is(&self, "again")) {
        take_more(&self);
    } else if (self_form_taken(&self, PROVE, NULL)) {
        prove(&self);
    }
}
