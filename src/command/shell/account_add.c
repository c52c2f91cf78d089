/*
 * tongxing account add: an account from one JSON object on standard input, for the first administrators and for trials.
 * Its members are the standard claims, and username, password, id_number and level: the level is recorded as the
 * operator's own word.
 */
#include "account.h"

#include "base/clock.h"
#include "domain/account.h"
#include "domain/password.h"
#include "model/client.h"
#include "model/identity.h"
#include "text.h"

#include <stdio.h>

#define TEXT_MOST 256 /* bytes of one claim */

struct reading {
    struct call *call;
    struct account_wanted *wanted;
    struct client_problems problems;
};

static void wrong(struct reading *reading, const char *member, const char *text) {
    struct client_problems *problems = &reading->problems;
    if (problems->count < CLIENT_PROBLEMS_MOST) {
        struct client_problem *problem = &problems->items[problems->count++];
        problem->member = str_from(member);
        snprintf(problem->text, sizeof(problem->text), "%s", text);
    }
}

/* What is kept as it comes: it is shown to people later. */
static bool check_text(void *ctx, struct str name, const struct json *value) {
    struct reading *reading = ctx;
    struct str text;
    bool named = str_equal(name, STR("name")) || str_equal(name, STR("password"));
    if (!named && json_str(value, &text) && (text.len == 0 || text.len > TEXT_MOST || !text_is_plain(text))) {
        wrong(reading, str_c(reading->call->arena, str_sub(name, 0, name.len < 60 ? name.len : 60)),
              "must be 1 to 256 bytes of text without invisible characters");
    }
    return true;
}

static void read_name(struct reading *reading) {
    struct profile *profile = &reading->wanted->profile;
    struct str key;
    if (str_is_absent(profile->name)) {
        return;
    }
    profile->name = str_trim(profile->name);
    switch (person_name_key(reading->call->arena, profile->name, &key)) {
    case PERSON_NAME_OK:
        break;
    case PERSON_NAME_BAD:
        wrong(reading, "name", "is no name of a person: at most 50 characters, none of them invisible");
        break;
    case PERSON_NAME_REVIEW:
        wrong(reading, "name", "holds private-use characters, which no register can compare");
        break;
    }
}

static const char *number_problem(enum id_number_result result) {
    switch (result) {
    case ID_NUMBER_OK:
        break;
    case ID_NUMBER_BAD_FORMAT:
        return "must be 18 characters of an identity number";
    case ID_NUMBER_BAD_REGION:
        return "begins with a region that does not exist";
    case ID_NUMBER_BAD_DATE:
        return "holds a date of birth that cannot be";
    case ID_NUMBER_BAD_CHECK:
        return "has another check character at its end";
    }
    return NULL;
}

/* The kind of document is in the number: it is said for those without one only. */
static void read_number(struct reading *reading) {
    struct profile *profile = &reading->wanted->profile;
    struct id_number number;
    if (str_is_absent(profile->id_number)) {
        return;
    }
    const char *problem = number_problem(id_number_read(str_trim(profile->id_number), clock_wall(), &number));
    if (problem) {
        wrong(reading, "id_number", problem);
        return;
    }
    if (profile->id_type != ID_TYPE_NONE && profile->id_type != number.type) {
        wrong(reading, "id_type", "is not the kind of document that id_number is of; it can be left out");
    }
    profile->id_type = number.type;
    profile->id_number = str_dup(reading->call->arena, str_from(number.text));
}

static void read_phone(struct reading *reading) {
    struct str *phone = &reading->wanted->profile.phone_number;
    if (!str_is_absent(*phone) && !phone_read(reading->call->arena, str_trim(*phone), phone)) {
        wrong(reading, "phone_number", "must be a mobile phone number of the mainland: +86 and 11 digits");
    }
}

/* Of one that reads as something else nobody would be found by it. */
static void read_username(struct reading *reading) {
    struct str username = reading->wanted->username;
    enum identifier_kind kind;
    if (!str_is_absent(username)) {
        struct str folded = account_identifier_fold(reading->call->arena, username, &kind);
        if (kind != IDENTIFIER_USERNAME || !str_equal(folded, str_lower(reading->call->arena, username))) {
            wrong(reading, "username", "reads as a number, a phone or an e-mail address, or has spaces around it");
        }
    }
}

static void read_level(struct reading *reading, const struct json *object) {
    int64_t level = 1;
    if (json_member(object, "level") && (!json_get_int(object, "level", &level) || level < 1 || level > 4)) {
        wrong(reading, "level", "must be 1 to 4");
    }
    struct evidence *evidence = arena_new_of(reading->call->arena, struct evidence);
    *evidence = (struct evidence){.source = STR("operator"),
                                  .authority = STR("operator"),
                                  .method = STR("manual_record"),
                                  .check_id = STR(""),
                                  .result = VERIFY_MATCH,
                                  .checked_at = clock_wall(),
                                  .level = (int)level};
    reading->wanted->evidence = evidence;
    reading->wanted->evidence_count = 1;
}

static void read_password(struct reading *reading, const struct json *object) {
    struct account_wanted *wanted = reading->wanted;
    if (!json_get_str(object, "password", &wanted->password)) {
        wrong(reading, "password", "is missing");
    } else if (password_check(&reading->call->domain, wanted->password) != PASSWORD_FINE) {
        wrong(reading, "password", "is none that people may choose themselves: too short, too simple or too long");
    }
}

/* In canonical form, as everybody else's: by that they are found, compared and shown. */
static bool read_wanted(struct call *call, struct account_wanted *wanted) {
    struct reading *reading = arena_new_of(call->arena, struct reading);
    struct str text;
    const struct json *object;
    *reading = (struct reading){.call = call, .wanted = wanted};
    if (!call_read_file(call, STR("-"), &text)) {
        return false;
    }
    if (!json_parse(call->arena, text, JSON_LIMITS_DOCUMENT, &object) ||
        !profile_read(call->arena, text, &wanted->profile)) {
        call_failed(call, EXIT_COULD_NOT, "standard input is not a JSON object of claims");
        return false;
    }
    json_get_str(object, "username", &wanted->username);
    json_each(object, check_text, reading);
    read_name(reading);
    read_number(reading);
    read_phone(reading);
    read_username(reading);
    read_password(reading, object);
    read_level(reading, object);
    if (reading->problems.count > 0) {
        call_refused(call, &(struct admin_answer){.result = ADMIN_INVALID, .problems = &reading->problems},
                     STR("the account"));
    }
    return reading->problems.count == 0;
}

static int add(struct call *call) {
    struct account_wanted wanted = {0};
    struct str account_id;
    if (!read_wanted(call, &wanted)) {
        return call->status;
    }
    switch (account_create(&call->domain, call->arena, &wanted, &account_id)) {
    case DOMAIN_DONE:
        break;
    case DOMAIN_NO:
        return call_failed(call, EXIT_CONFLICT, "the user name, phone or identity number belongs to another account");
    case DOMAIN_UNAVAILABLE:
        return call_failed(call, EXIT_UNAVAILABLE, "the database did not take it");
    }
    if (call->json) {
        json_open_object(&call->document, NULL);
        json_put_str(&call->document, "account_id", account_id);
        json_close_object(&call->document);
    } else {
        buf_put(&call->out, account_id);
        buf_putc(&call->out, '\n');
    }
    return call_print(call);
}

int account_add(struct call *call) {
    return call_load_config(call, call->typed.arguments[0]) ? call_administer(call, add) : call->status;
}
