/*
 * The organisations that own client systems.
 */
#include "domain/agencies.h"

#include "api.h"
#include "base/check.h"
#include "base/encode.h"

/* Members of the JSON that was given, in the order they are shown. */
static const char *const details[] = {"name", "name#en", "contact_name", "contact_phone", "contact_email"};

static void put_agency(struct api_call *api, const struct agency_row *row) {
    const struct json *metadata = NULL;
    json_parse(api->arena, row->metadata, JSON_LIMITS_DOCUMENT, &metadata);
    json_open_object(&api->out, NULL);
    json_put_str(&api->out, "agency_id", row->agency_id);
    for (size_t i = 0; i < ARRAY_LEN(details); i++) {
        struct str text;
        if (json_get_str(metadata, details[i], &text)) {
            json_put_str(&api->out, details[i], text);
        }
    }
    api_put_text(api, "credit_code", row->credit_code);
    json_put_bool(&api->out, "enabled", row->state == AGENCY_ACTIVE);
    json_put_int(&api->out, "version", row->version);
    api_put_time(api, "created_at", row->created_at);
    api_put_time(api, "updated_at", row->updated_at);
    json_close_object(&api->out);
}

static void send_agency(struct api_call *api, const struct agency_row *row) {
    put_agency(api, row);
    api_tag(api, row->version);
    api_send(api);
}

void api_agency_list(struct api_call *api) {
    struct api_page page;
    struct agency_row *rows;
    size_t count;
    if (!api_page_read(api, &page)) {
        return;
    }
    struct admin_answer answer = agency_list(api->domain, api->arena, &api->actor, api_query(api, "search"), page.after,
                                             page.most, &rows, &count);
    if (!api_done(api, &answer)) {
        return;
    }
    api_open_items(api);
    size_t shown = api_page_rows(&page, count);
    for (size_t i = 0; i < shown; i++) {
        put_agency(api, &rows[i]);
    }
    api_page_close(api, &page, count, shown ? rows[shown - 1].agency_id : STR_NONE);
    api_send(api);
}

void api_agency_create(struct api_call *api) {
    struct agency_row row;
    struct admin_answer answer = agency_create(api->domain, api->arena, &api->actor, api->input.whole, &row);
    if (api_done(api, &answer)) {
        api_location(api, str_concat(api->arena, STR("/agencies/"), percent_encode(api->arena, row.agency_id)));
        send_agency(api, &row);
    }
}

void api_agency_get(struct api_call *api) {
    struct agency_row row;
    struct admin_answer answer = agency_get(api->domain, api->arena, &api->actor, api->ids[0], &row);
    if (api_done(api, &answer)) {
        send_agency(api, &row);
    }
}

void api_agency_update(struct api_call *api) {
    struct agency_row row;
    struct admin_answer answer =
        agency_update(api->domain, api->arena, &api->actor, api->ids[0], api->version, api->input.whole, &row);
    if (api_done(api, &answer)) {
        send_agency(api, &row);
    }
}
