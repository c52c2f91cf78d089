/*
 * Agencies: entered and changed by the system administrator.
 */
#include "domain/agencies.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/utf8.h"
#include "change.h"
#include "model/credit_code.h"
#include "store/clients.h"

#define AGENCY_ID_RANDOM 12
#define TEXT_MOST        200

/* What was given, read into what is stored. */
struct agency_reading {
    struct arena *arena;
    struct agency_row row;
    struct buf text;
    struct json_out out;
    struct client_problems *problems;
};

static bool is_plain(struct str text) {
    uint32_t c;
    while (text.len > 0) {
        if (!utf8_next(&text, &c) || c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
            (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f)) {
            return false;
        }
    }
    return true;
}

static bool read_text(struct agency_reading *reading, const char *name, const struct json *value,
                      struct str *ret_text) {
    struct str text;
    if (!json_str(value, &text) || text.len == 0 || text.len > TEXT_MOST || !is_plain(text)) {
        admin_problem(reading->problems, name, "must be 1 to %d bytes of text without invisible characters", TEXT_MOST);
        return false;
    }
    *ret_text = text;
    return true;
}

static void read_credit_code(struct agency_reading *reading, struct str text) {
    char code[CREDIT_CODE_LENGTH + 1];
    if (credit_code_read(text, code) >= CREDIT_CODE_BAD_FORMAT) {
        admin_problem(reading->problems, "credit_code", "is not a unified social credit code (GB 32100)");
        return;
    }
    reading->row.credit_code = str_dup(reading->arena, str_from(code));
}

static void read_enabled(struct agency_reading *reading, const struct json *value) {
    bool enabled;
    if (!json_bool(value, &enabled)) {
        admin_problem(reading->problems, "enabled", "must be true or false");
        return;
    }
    reading->row.state = enabled ? AGENCY_ACTIVE : AGENCY_CLOSED;
}

static bool read_member(void *ctx, struct str name, const struct json *value) {
    static const char *const texts[] = {"name",         "name#en",       "credit_code",
                                        "contact_name", "contact_phone", "contact_email"};
    struct agency_reading *reading = ctx;
    if (str_equal(name, STR("enabled"))) {
        read_enabled(reading, value);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct str text;
        if (!str_equal(name, str_from(texts[i]))) {
            continue;
        }
        if (read_text(reading, texts[i], value, &text)) {
            json_put_str(&reading->out, texts[i], text);
            reading->row.name = i == 0 ? text : reading->row.name;
            if (i == 2) {
                read_credit_code(reading, text);
            }
        }
        return true;
    }
    admin_problem(reading->problems, str_c(reading->arena, str_sub(name, 0, name.len < 60 ? name.len : 60)),
                  "is not a member we know");
    return true;
}

static bool read_agency(struct arena *arena, const struct json *metadata, struct agency_row *ret_row,
                        struct admin_answer *ret_answer) {
    struct agency_reading reading = {
        .arena = arena, .row = {.state = AGENCY_ACTIVE}, .problems = arena_new_of(arena, struct client_problems)};
    buf_init(&reading.text, arena, 512, 8192);
    reading.out = json_out(&reading.text);
    json_open_object(&reading.out, NULL);
    json_each(metadata, read_member, &reading);
    json_close_object(&reading.out);
    if (str_is_absent(reading.row.name) && reading.problems->count == 0) {
        admin_problem(reading.problems, "name", "is missing");
    }
    reading.row.metadata = buf_str(&reading.text);
    *ret_row = reading.row;
    *ret_answer = (struct admin_answer){.result = ADMIN_INVALID, .problems = reading.problems};
    return reading.problems->count == 0;
}

static struct change change_of_agency(void) {
    return (struct change){.conflict = "another agency has this credit code"};
}

struct admin_answer agency_create(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  const struct json *metadata, struct agency_row *ret_row) {
    struct admin_answer answer;
    struct agency_row row;
    if (!admin_allowed(domain, actor, MAY_AGENCY_WRITE, &answer) || !read_agency(arena, metadata, &row, &answer)) {
        return answer;
    }
    row.agency_id = str_concat(arena, STR("ag_"), random_text(arena, AGENCY_ID_RANDOM));
    row.version = 1;
    row.created_at = row.updated_at = clock_wall();
    struct change change = change_of_agency();
    change_add(&change, agencies_insert(&row));
    struct event event = event_of_actor(actor, EVENT_AGENCY_CREATE, row.agency_id);
    event.detail = change_detail(arena, STR_NONE, row.metadata);
    answer = change_write(domain, arena, &change, &event);
    *ret_row = row;
    return answer;
}

/* A developer knows of their own agency only. */
static struct admin_answer load(struct domain *domain, struct arena *arena, const struct actor *actor,
                                struct str agency_id, struct agency_row *ret_row) {
    if (actor->role == ROLE_DEVELOPER && !str_equal(actor->agency_id, agency_id)) {
        return admin_answer(ADMIN_MISSING);
    }
    return admin_of_sql(agencies_get(domain->sql, arena, agency_id, ret_row));
}

/* Closing one would leave its client systems without an owner. */
static struct admin_answer check_closing(struct domain *domain, struct arena *arena, struct str agency_id) {
    struct client_row *rows;
    size_t count;
    const struct clients_filter filter = {.agency_id = agency_id, .state = CLIENT_APPROVED};
    if (clients_list(domain->sql, arena, &filter, 1, &rows, &count) != SQL_DONE) {
        return admin_answer(ADMIN_UNAVAILABLE);
    }
    return count == 0 ? admin_answer(ADMIN_DONE)
                      : admin_conflict("its client systems must be suspended or retired first");
}

struct admin_answer agency_update(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct str agency_id, int64_t version, const struct json *metadata,
                                  struct agency_row *ret_row) {
    struct admin_answer answer;
    struct agency_row old, row;
    if (!admin_allowed(domain, actor, MAY_AGENCY_WRITE, &answer) || !read_agency(arena, metadata, &row, &answer)) {
        return answer;
    }
    answer = load(domain, arena, actor, agency_id, &old);
    if (answer.result == ADMIN_DONE && row.state == AGENCY_CLOSED) {
        answer = check_closing(domain, arena, agency_id);
    }
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    row.agency_id = agency_id;
    row.version = version + 1;
    row.created_at = old.created_at;
    row.updated_at = clock_wall();
    struct change change = change_of_agency();
    change_add(&change, agencies_update(&row));
    struct event event = event_of_actor(actor, EVENT_AGENCY_UPDATE, agency_id);
    event.detail = change_detail(arena, old.metadata, row.metadata);
    answer = change_write(domain, arena, &change, &event);
    *ret_row = row;
    return answer;
}

struct admin_answer agency_get(struct domain *domain, struct arena *arena, const struct actor *actor,
                               struct str agency_id, struct agency_row *ret_row) {
    struct admin_answer answer;
    return admin_allowed(domain, actor, MAY_AGENCY_READ, &answer) ? load(domain, arena, actor, agency_id, ret_row)
                                                                  : answer;
}

struct admin_answer agency_list(struct domain *domain, struct arena *arena, const struct actor *actor, struct str text,
                                struct str after, size_t most, struct agency_row **ret_rows, size_t *ret_count) {
    struct admin_answer answer;
    if (!admin_allowed(domain, actor, MAY_AGENCY_READ, &answer)) {
        return answer;
    }
    if (actor->role == ROLE_DEVELOPER) {
        *ret_rows = arena_array_of(arena, 1, struct agency_row);
        *ret_count = 1;
        return load(domain, arena, actor, actor->agency_id, *ret_rows);
    }
    return admin_of_sql(agencies_list(domain->sql, arena, text, after, most < ADMIN_PAGE_MOST ? most : ADMIN_PAGE_MOST,
                                      ret_rows, ret_count));
}
