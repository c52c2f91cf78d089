/*
 * Who administers.
 */
#include "domain/admins.h"

#include "api.h"
#include "base/check.h"

static const struct str states[] = {
    [ADMIN_PENDING] = STR_INIT("pending"), [ADMIN_ACTIVE] = STR_INIT("active"), [ADMIN_REMOVED] = STR_INIT("removed")};

static void put_members(struct api_call *api, const struct admin_row *row) {
    json_put_str(&api->out, "admin_id", row->admin_id);
    json_put_str(&api->out, "account_id", row->account_id);
    json_put_str(&api->out, "role", role_name(row->role));
    api_put_text(api, "agency_id", row->agency_id);
    json_put_str(&api->out, "name", row->name);
    json_put_str(&api->out, "state", states[row->state]);
    json_put_str(&api->out, "created_by", row->created_by);
    api_put_text(api, "approved_by", row->approved_by);
    json_put_int(&api->out, "version", row->version);
    api_put_time(api, "created_at", row->created_at);
    api_put_time(api, "updated_at", row->updated_at);
}

static void send_admin(struct api_call *api, const struct admin_answer *answer, const struct admin_row *row) {
    if (!api_done(api, answer)) {
        return;
    }
    json_open_object(&api->out, NULL);
    put_members(api, row);
    json_close_object(&api->out);
    api_tag(api, row->version);
    api_send(api);
}

/* With the second factor, which is shown this once. */
static void send_made(struct api_call *api, const struct admin_answer *answer, const struct admin_made *made) {
    if (!api_done(api, answer)) {
        return;
    }
    json_open_object(&api->out, NULL);
    put_members(api, &made->row);
    json_open_object(&api->out, "totp");
    json_put_str(&api->out, "secret", made->totp_secret);
    json_put_str(&api->out, "uri", made->totp_uri);
    json_close_object(&api->out);
    json_close_object(&api->out);
    api_tag(api, made->row.version);
    api_send(api);
}

/* The row behind the last one of the page before; the first when there is none, or when that one is gone. */
static size_t start_of(const struct admin_row *rows, size_t count, struct str after) {
    for (size_t i = 0; i < count && !str_is_absent(after); i++) {
        if (str_equal(rows[i].admin_id, after)) {
            return i + 1;
        }
    }
    return 0;
}

/* There are few: the domain gives them all, in the order of their roles, and the page is cut out here. */
void api_admin_list(struct api_call *api) {
    struct api_page page;
    struct admin_row *rows;
    size_t count;
    if (!api_page_read(api, &page)) {
        return;
    }
    struct admin_answer answer = admin_list(api->domain, api->arena, &api->actor, &rows, &count);
    if (!api_done(api, &answer)) {
        return;
    }
    size_t start = start_of(rows, count, page.after), left = count - start;
    size_t shown = api_page_rows(&page, left);
    page.most = count + 1; /* nothing was left behind */
    api_open_items(api);
    for (size_t i = start; i < start + shown; i++) {
        json_open_object(&api->out, NULL);
        put_members(api, &rows[i]);
        json_close_object(&api->out);
    }
    api_page_close(api, &page, left, shown ? rows[start + shown - 1].admin_id : STR_NONE);
    api_send(api);
}

void api_admin_create(struct api_call *api) {
    struct admin_wanted wanted = {
        .username = api->input.username, .agency_id = api->input.agency_id, .name = api->input.name};
    if (!role_of_name(api->input.role, &wanted.role)) {
        api_invalid_field(api, STR("role"), "must be system, security, auditor or developer");
        return;
    }
    struct admin_made made;
    struct admin_answer answer = admin_create(api->domain, api->arena, &api->actor, &wanted, &made);
    send_made(api, &answer, &made);
}

void api_admin_approve(struct api_call *api) {
    struct admin_row row;
    struct admin_answer answer = admin_approve(api->domain, api->arena, &api->actor, api->ids[0], api->version, &row);
    send_admin(api, &answer, &row);
}

void api_admin_remove(struct api_call *api) {
    struct admin_row row;
    struct admin_answer answer = admin_remove(api->domain, api->arena, &api->actor, api->ids[0], api->version, &row);
    send_admin(api, &answer, &row);
}

void api_admin_second_factor(struct api_call *api) {
    struct admin_made made;
    struct admin_answer answer =
        admin_new_second_factor(api->domain, api->arena, &api->actor, api->ids[0], api->version, &made);
    send_made(api, &answer, &made);
}
