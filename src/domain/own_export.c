/*
 * A copy of what is known about a person (PIPL art. 45), as one JSON object. What only serves to find or check (keyed
 * hashes, the password's hash, secrets) is not in it.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "change.h"
#include "domain/links.h"
#include "domain/mandates.h"
#include "domain/proofs.h"
#include "domain/second_factor.h"
#include "domain/token.h"
#include "model/identity.h"
#include "own_inside.h"
#include "status.h"
#include "store/consents.h"

#define EXPORT_MOST (3 * 1024 * 1024)

struct exporting {
    struct domain *domain;
    struct arena *arena;
    struct json_out out;
    const struct own *own;
    bool whole;
};

static void put_time(struct exporting *exporting, const char *name, int64_t at) {
    if (at > 0) {
        json_put_str(&exporting->out, name, clock_rfc3339(exporting->arena, at));
    }
}

/* As it is sealed in the store. */
static void put_profile(struct exporting *exporting, const struct profile *profile) {
    struct profile shown = *profile;
    struct buf text;
    if (!exporting->whole && !str_is_empty(shown.id_number)) {
        shown.id_number = id_number_mask(exporting->arena, shown.id_number);
    }
    buf_init(&text, exporting->arena, 512, 64 * 1024);
    profile_write(&shown, &text);
    json_put_raw(&exporting->out, "profile", buf_str(&text));
}

static enum domain_status put_account(struct exporting *exporting) {
    struct account account;
    struct json_out *out = &exporting->out;
    enum domain_status loaded = account_load(exporting->domain, exporting->arena, exporting->own->account_id, &account);
    if (loaded != DOMAIN_DONE) {
        return loaded;
    }
    json_put_str(out, "account_id", account.account_id);
    json_put_int(out, "level", account.level);
    put_time(exporting, "level_until", account.level_until);
    put_time(exporting, "created_at", account.created_at);
    put_time(exporting, "updated_at", account.updated_at);
    put_profile(exporting, &account.profile);
    return DOMAIN_DONE;
}

static enum domain_status put_identifiers(struct exporting *exporting) {
    static const char *const names[] = {[IDENTIFIER_ID_NUMBER] = "id_number",
                                        [IDENTIFIER_PHONE] = "phone_number",
                                        [IDENTIFIER_USERNAME] = "user_name",
                                        [IDENTIFIER_EMAIL] = "email"};
    enum identifier_kind *kinds;
    size_t count;
    if (identifiers_kinds(exporting->domain->sql, exporting->arena, exporting->own->account_id, &kinds, &count) ==
        SQL_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    json_open_array(&exporting->out, "found_by");
    for (size_t i = 0; i < count; i++) {
        bool known = kinds[i] >= IDENTIFIER_ID_NUMBER && kinds[i] <= IDENTIFIER_EMAIL;
        json_put_str(&exporting->out, NULL, str_from(known ? names[kinds[i]] : "other"));
    }
    json_close_array(&exporting->out);
    return DOMAIN_DONE;
}

static enum domain_status put_methods(struct exporting *exporting) {
    struct json_out *out = &exporting->out;
    struct str account_id = exporting->own->account_id;
    struct link *links;
    size_t count;
    enum domain_status password = own_has_password(exporting->domain, exporting->arena, account_id);
    enum domain_status factor = second_factor_exists(exporting->domain, exporting->arena, account_id);
    if (password == DOMAIN_UNAVAILABLE || factor == DOMAIN_UNAVAILABLE ||
        link_list(exporting->domain, exporting->arena, account_id, &links, &count) != DOMAIN_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    json_put_bool(out, "password", password == DOMAIN_DONE);
    json_put_bool(out, "one_time_password", factor == DOMAIN_DONE);
    json_open_array(out, "links");
    for (size_t i = 0; i < count; i++) {
        json_open_object(out, NULL);
        json_put_str(out, "service", links[i].upstream);
        json_put_str(out, "name_there", links[i].label);
        put_time(exporting, "linked_at", links[i].created_at);
        put_time(exporting, "used_at", links[i].used_at);
        json_close_object(out);
    }
    json_close_array(out);
    return DOMAIN_DONE;
}

static enum domain_status put_evidence(struct exporting *exporting) {
    struct json_out *out = &exporting->out;
    struct verification_row *rows;
    size_t count;
    enum domain_status read =
        proof_list(exporting->domain, exporting->arena, exporting->own->account_id, &rows, &count);
    json_open_array(out, "evidence");
    for (size_t i = 0; read == DOMAIN_DONE && i < count; i++) {
        const struct evidence *evidence = &rows[i].evidence;
        json_open_object(out, NULL);
        json_put_str(out, "authority", evidence->authority);
        json_put_str(out, "method", evidence->method);
        json_put_str(out, "reference", evidence->check_id);
        json_put_str(out, "result", str_from(verify_result_name(evidence->result)));
        json_put_int(out, "level", evidence->level);
        put_time(exporting, "checked_at", evidence->checked_at);
        put_time(exporting, "expires_at", evidence->expires_at);
        put_time(exporting, "ended_at", evidence->ended_at);
        json_put_bool(out, "counts", proof_counts(&rows[i], clock_wall()));
        json_close_object(out);
    }
    json_close_array(out);
    return read;
}

static enum domain_status put_sessions(struct exporting *exporting) {
    struct json_out *out = &exporting->out;
    struct own_session *sessions;
    size_t count = 0;
    enum domain_status read =
        own_sessions(exporting->domain, exporting->arena, exporting->own->account_id, &sessions, &count);
    json_open_array(out, "sessions");
    for (size_t i = 0; read == DOMAIN_DONE && i < count; i++) {
        const struct session *session = &sessions[i].session;
        json_open_object(out, NULL);
        put_time(exporting, "created_at", session->created_at);
        put_time(exporting, "signed_in_at", session->auth_time);
        json_put_str(out, "address", str_or(session->address, STR("")));
        json_put_str(out, "device", str_or(session->device, STR("")));
        amr_write(out, session->amr);
        json_open_array(out, "client_systems");
        for (size_t at = 0; at < sessions[i].client_count; at++) {
            json_put_str(out, NULL, sessions[i].client_ids[at]);
        }
        json_close_array(out);
        json_close_object(out);
    }
    json_close_array(out);
    return read;
}

static enum domain_status put_consents(struct exporting *exporting) {
    struct json_out *out = &exporting->out;
    struct consent_row *rows;
    size_t count;
    if (consents_list(exporting->domain->sql, exporting->arena, exporting->own->account_id, &rows, &count) ==
        SQL_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    json_open_array(out, "consents");
    for (size_t i = 0; i < count; i++) {
        json_open_object(out, NULL);
        json_put_str(out, "client_system", rows[i].client_id);
        json_put_str(out, "scope", rows[i].scope);
        put_time(exporting, "granted_at", rows[i].granted_at);
        json_close_object(out);
    }
    json_close_array(out);
    return DOMAIN_DONE;
}

static void put_mandate(struct exporting *exporting, const struct mandate *mandate) {
    struct json_out *out = &exporting->out;
    const struct mandate_row *row = &mandate->found.row;
    json_open_object(out, NULL);
    json_put_str(out, "organisation", mandate->organisation.name);
    json_put_str(out, "role", mandate_role_name(row->role));
    json_put_str(out, "scope", row->scope);
    put_time(exporting, "accepted_at", row->accepted_at);
    put_time(exporting, "not_before", row->not_before);
    put_time(exporting, "not_after", row->not_after);
    json_close_object(out);
}

static enum domain_status put_mandates(struct exporting *exporting) {
    const struct account account = {.account_id = exporting->own->account_id};
    struct mandate *mandates;
    size_t count = 0;
    enum domain_status read = mandates_held(exporting->domain, exporting->arena, &account, &mandates, &count);
    json_open_array(&exporting->out, "mandates");
    for (size_t i = 0; read == DOMAIN_DONE && i < count; i++) {
        put_mandate(exporting, &mandates[i]);
    }
    json_close_array(&exporting->out);
    return read;
}

static enum domain_status put_disclosures(struct exporting *exporting) {
    struct json_out *out = &exporting->out;
    struct disclosure_row *rows;
    size_t count = 0;
    enum domain_status read =
        own_disclosures(exporting->domain, exporting->arena, exporting->own->account_id, &rows, &count);
    json_open_array(out, "disclosures");
    for (size_t i = 0; read == DOMAIN_DONE && i < count; i++) {
        json_open_object(out, NULL);
        json_put_str(out, "client_system", rows[i].client_id);
        json_put_str(out, "claims", rows[i].claims);
        json_put_int(out, "times", rows[i].times);
        put_time(exporting, "first_at", rows[i].first_at);
        put_time(exporting, "last_at", rows[i].last_at);
        json_close_object(out);
    }
    json_close_array(out);
    return read;
}

static enum domain_status put_events(struct exporting *exporting) {
    struct json_out *out = &exporting->out;
    struct own_event *events;
    size_t count = 0;
    enum domain_status read =
        own_events(exporting->domain, exporting->arena, exporting->own->account_id, OWN_EVENTS_MOST, &events, &count);
    json_open_array(out, "events");
    for (size_t i = 0; read == DOMAIN_DONE && i < count; i++) {
        json_open_object(out, NULL);
        json_put_str(out, "event", events[i].name);
        json_put_str(out, "result", events[i].result);
        put_time(exporting, "at", events[i].at);
        json_put_str(out, "client_system", str_or(events[i].client_id, STR("")));
        json_put_str(out, "address", str_or(events[i].address, STR("")));
        json_close_object(out);
    }
    json_close_array(out);
    return read;
}

static enum domain_status tell(struct domain *domain, struct arena *arena, const struct own *own, bool whole) {
    struct change change = {0};
    struct event event = own_event(own, EVENT_ACCOUNT_EXPORT);
    event.detail = whole ? STR("{\"id_number\":\"whole\"}") : STR("{\"id_number\":\"masked\"}");
    return change_write(domain, arena, &change, &event).result == ADMIN_DONE ? DOMAIN_DONE : DOMAIN_UNAVAILABLE;
}

enum domain_status own_export(struct domain *domain, struct arena *arena, const struct own *own, bool whole,
                              struct str *ret_json) {
    static enum domain_status (*const parts[])(struct exporting * exporting) = {
        put_account,  put_identifiers, put_methods,     put_evidence, put_sessions,
        put_consents, put_mandates,    put_disclosures, put_events};
    struct buf text;
    buf_init(&text, arena, 16 * 1024, EXPORT_MOST);
    struct exporting exporting = {.domain = domain, .arena = arena, .out = json_out(&text), .own = own, .whole = whole};
    json_open_object(&exporting.out, NULL);
    put_time(&exporting, "exported_at", clock_wall());
    json_put_str(&exporting.out, "exported_by", domain->settings->issuer);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        enum domain_status put = parts[i](&exporting);
        if (put != DOMAIN_DONE) {
            return put;
        }
    }
    json_close_object(&exporting.out);
    *ret_json = buf_str(&text);
    return text.failed ? DOMAIN_UNAVAILABLE : tell(domain, arena, own, whole);
}
