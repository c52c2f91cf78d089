/*
 * Organisations that people act for, and who does. People are named by their account ids.
 */
#include "api.h"
#include "domain/mandates.h"

static void put_summary(struct api_call *api, const struct organisation *organisation) {
    const struct organisation_row *row = &organisation->row;
    json_put_str(&api->out, "organisation_id", row->organisation_id);
    json_put_str(&api->out, "name", organisation->name);
    json_put_str(&api->out, "credit_code", organisation->credit_code);
    api_put_text(api, "type", organisation->type);
    json_put_str(&api->out, "status", str_from(organisation_status_name(row->status)));
    api_put_time(api, "checked_at", row->checked_at);
    api_put_time(api, "due_at", row->due_at);
    json_put_int(&api->out, "version", row->version);
    api_put_time(api, "created_at", row->created_at);
}

void api_organisation_list(struct api_call *api) {
    struct api_page page;
    struct organisation *rows;
    size_t count;
    if (!api_page_read(api, &page)) {
        return;
    }
    struct admin_answer answer =
        organisation_admin_list(api->domain, api->arena, &api->actor, page.after, page.most, &rows, &count);
    if (!api_done(api, &answer)) {
        return;
    }
    api_open_items(api);
    size_t shown = api_page_rows(&page, count);
    for (size_t i = 0; i < shown; i++) {
        json_open_object(&api->out, NULL);
        put_summary(api, &rows[i]);
        json_close_object(&api->out);
    }
    api_page_close(api, &page, count, shown ? rows[shown - 1].row.organisation_id : STR_NONE);
    api_send(api);
}

static void put_mandate(struct api_call *api, const struct mandate_row *row) {
    json_open_object(&api->out, NULL);
    json_put_str(&api->out, "mandate_id", row->mandate_id);
    api_put_text(api, "account_id", row->account_id);
    json_put_str(&api->out, "role", mandate_role_name(row->role));
    json_put_str(&api->out, "scope", row->scope);
    json_put_str(&api->out, "state", mandate_state_name(row->state));
    api_put_time(api, "not_before", row->not_before);
    api_put_time(api, "not_after", row->not_after);
    json_put_str(&api->out, "granted_by", row->granted_by);
    json_put_str(&api->out, "method", row->method);
    api_put_time(api, "accepted_at", row->accepted_at);
    api_put_time(api, "ended_at", row->ended_at);
    api_put_text(api, "ended_by", row->ended_by);
    api_put_text(api, "reason", row->reason);
    json_put_int(&api->out, "version", row->version);
    api_put_time(api, "created_at", row->created_at);
    json_close_object(&api->out);
}

void api_organisation_get(struct api_call *api) {
    struct organisation organisation;
    struct mandate_found *mandates;
    size_t count;
    struct admin_answer answer =
        organisation_admin_get(api->domain, api->arena, &api->actor, api->ids[0], &organisation, &mandates, &count);
    if (!api_done(api, &answer)) {
        return;
    }
    json_open_object(&api->out, NULL);
    put_summary(api, &organisation);
    json_put_str(&api->out, "source", organisation.row.source);
    json_put_str(&api->out, "authority", organisation.row.authority);
    json_put_str(&api->out, "method", organisation.row.method);
    json_put_str(&api->out, "check_id", organisation.row.check_id);
    json_open_array(&api->out, "mandates");
    for (size_t i = 0; i < count; i++) {
        put_mandate(api, &mandates[i].row);
    }
    json_close_array(&api->out);
    json_close_object(&api->out);
    api_send(api);
}

void api_mandate_end(struct api_call *api) {
    struct mandate_found ended;
    struct admin_answer answer =
        mandate_admin_end(api->domain, api->arena, &api->actor, api->ids[0], api->version, api->input.reason, &ended);
    if (api_done(api, &answer)) {
        put_mandate(api, &ended.row);
        api_tag(api, ended.row.version);
        api_send(api);
    }
}
