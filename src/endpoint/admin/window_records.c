/*
 * Proof in person at a service counter. Whole names and numbers come in bodies and are not sent back: the second
 * administrator types the number from the document. Only both spellings of a name that is to be corrected are shown,
 * to those who decide about it, while it waits.
 */
#include "api.h"
#include "base/encode.h"
#include "domain/window.h"
#include "model/identity.h"

static void put_correction(struct api_call *api, const struct window_record *record) {
    bool corrects = !str_is_absent(record->name_before);
    json_put_bool(&api->out, "corrects_name", corrects);
    if (corrects && record->row.state == WINDOW_WAITING && actor_may(&api->actor, MAY_WINDOW_WRITE)) {
        json_put_str(&api->out, "name_before", record->name_before);
        json_put_str(&api->out, "name_after", record->name);
    }
}

static void put_members(struct api_call *api, const struct window_record *record) {
    const struct window_row *row = &record->row;
    json_put_str(&api->out, "record_id", row->record_id);
    api_put_text(api, "account_id", row->account_id);
    json_put_str(&api->out, "state", window_state_name(row->state));
    json_put_str(&api->out, "document", record->document);
    json_put_str(&api->out, "person_name_masked", person_name_mask(api->arena, record->name));
    json_put_str(&api->out, "id_number_masked", id_number_mask(api->arena, record->id_number));
    if (!str_is_absent(record->phone_number)) {
        json_put_str(&api->out, "phone_number_masked", phone_mask(api->arena, record->phone_number));
    }
    json_put_bool(&api->out, "child", record->child);
    put_correction(api, record);
    json_put_str(&api->out, "place", row->place);
    json_put_str(&api->out, "recorded_by", row->recorded_by);
    api_put_text(api, "decided_by", row->decided_by);
    api_put_text(api, "reason", row->reason);
    json_put_int(&api->out, "version", row->version);
    api_put_time(api, "created_at", row->created_at);
    api_put_time(api, "decided_at", row->decided_at);
}

static void put_record(struct api_call *api, const struct window_record *record) {
    json_open_object(&api->out, NULL);
    put_members(api, record);
    json_close_object(&api->out);
}

static void send_record(struct api_call *api, const struct admin_answer *answer, const struct window_record *record) {
    if (api_done(api, answer)) {
        put_record(api, record);
        api_tag(api, record->row.version);
        api_send(api);
    }
}

void api_window_list(struct api_call *api) {
    struct api_page page;
    struct window_record *records;
    size_t count;
    enum window_state state;
    struct str name = api_query(api, "state");
    if (!api_page_read(api, &page)) {
        return;
    }
    if (!str_is_absent(name) && !window_state_of_name(name, &state)) {
        api_invalid_field(api, STR("state"), "must be waiting, confirmed or refused");
        return;
    }
    struct admin_answer answer = window_list(api->domain, api->arena, &api->actor, str_is_absent(name) ? 0 : (int)state,
                                             page.after, page.most, &records, &count);
    if (!api_done(api, &answer)) {
        return;
    }
    api_open_items(api);
    size_t shown = api_page_rows(&page, count);
    for (size_t i = 0; i < shown; i++) {
        put_record(api, &records[i]);
    }
    api_page_close(api, &page, count, shown ? records[shown - 1].row.record_id : STR_NONE);
    api_send(api);
}

void api_window_record(struct api_call *api) {
    const struct window_wanted wanted = {
        .account_id = api->input.account_id,
        .document = api->input.document,
        .name = api->input.person_name,
        .id_number = api->input.id_number,
        .phone_number = api->input.phone_number,
        .place = api->input.place,
        .corrects_name = api->input.corrects_name,
    };
    struct window_record record;
    struct admin_answer answer = window_record(api->domain, api->arena, &api->actor, &wanted, &record);
    if (answer.result == ADMIN_DONE) {
        api_location(api,
                     str_concat(api->arena, STR("/window_records/"), percent_encode(api->arena, record.row.record_id)));
    }
    send_record(api, &answer, &record);
}

void api_window_get(struct api_call *api) {
    struct window_record record;
    struct admin_answer answer = window_get(api->domain, api->arena, &api->actor, api->ids[0], &record);
    send_record(api, &answer, &record);
}

void api_window_confirm(struct api_call *api) {
    struct window_record record;
    struct str code;
    const struct window_confirmation wanted = {.record_id = api->ids[0],
                                               .version = api->version,
                                               .id_number = api->input.id_number,
                                               .recovery_code = api->input.recovery_code,
                                               .one_time_password = api->input.one_time_password};
    struct admin_answer answer = window_confirm(api->domain, api->arena, &api->actor, &wanted, &record, &code);
    if (!api_done(api, &answer)) {
        return;
    }
    json_open_object(&api->out, NULL);
    put_members(api, &record);
    api_put_text(api, "recovery_code", code); /* this once */
    json_close_object(&api->out);
    api_tag(api, record.row.version);
    api_send(api);
}

void api_window_refuse(struct api_call *api) {
    struct window_record record;
    struct admin_answer answer =
        window_refuse(api->domain, api->arena, &api->actor, api->ids[0], api->version, api->input.reason, &record);
    send_record(api, &answer, &record);
}
