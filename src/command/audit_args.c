/*
 * The arguments of tongxing audit, and the times in them.
 */
#include "audit.h"

#include "base/clock.h"

#include <getopt.h>
#include <stdio.h>
#include <time.h>

#define LIMIT_STANDARD 100
#define LIMIT_MOST     1000000

enum {
    OPT_EVENT,
    OPT_ACTOR,
    OPT_CLIENT,
    OPT_SUBJECT,
    OPT_RESULT,
    OPT_REQUEST,
    OPT_FROM,
    OPT_TO,
    OPT_LIMIT,
    OPT_JSON,
    OPT_CHECKPOINT
};

static const struct option options[] = {
    {"event", required_argument, NULL, OPT_EVENT},
    {"actor", required_argument, NULL, OPT_ACTOR},
    {"client", required_argument, NULL, OPT_CLIENT},
    {"subject", required_argument, NULL, OPT_SUBJECT},
    {"result", required_argument, NULL, OPT_RESULT},
    {"request", required_argument, NULL, OPT_REQUEST},
    {"from", required_argument, NULL, OPT_FROM},
    {"to", required_argument, NULL, OPT_TO},
    {"before", required_argument, NULL, OPT_TO},
    {"limit", required_argument, NULL, OPT_LIMIT},
    {"json", no_argument, NULL, OPT_JSON},
    {"since-checkpoint", required_argument, NULL, OPT_CHECKPOINT},
    {0},
};

/* --- times --- */

static bool digits(struct str *text, size_t count, int least, int most, int *ret_number) {
    uint64_t number;
    if (text->len < count || !str_to_u64(str_sub(*text, 0, count), &number) || number < (uint64_t)least ||
        number > (uint64_t)most) {
        return false;
    }
    *ret_number = (int)number;
    *text = str_sub(*text, count, text->len - count);
    return true;
}

static bool read_offset(struct str *text, int *ret_minutes) {
    int hours, minutes;
    bool east = str_drop_prefix(text, STR("+"));
    if (str_drop_prefix(text, STR("Z"))) {
        *ret_minutes = 0;
        return !east;
    }
    if ((!east && !str_drop_prefix(text, STR("-"))) || !digits(text, 2, 0, 23, &hours) ||
        !str_drop_prefix(text, STR(":")) || !digits(text, 2, 0, 59, &minutes)) {
        return false;
    }
    *ret_minutes = (east ? 1 : -1) * (hours * 60 + minutes);
    return true;
}

bool audit_time_read(struct str text, int64_t *ret_ms) {
    struct tm tm = {0};
    int minutes = 0;
    if (!digits(&text, 4, 1970, 9999, &tm.tm_year) || !str_drop_prefix(&text, STR("-")) ||
        !digits(&text, 2, 1, 12, &tm.tm_mon) || !str_drop_prefix(&text, STR("-")) ||
        !digits(&text, 2, 1, 31, &tm.tm_mday)) {
        return false;
    }
    if (text.len > 0 &&
        (!str_drop_prefix(&text, STR("T")) || !digits(&text, 2, 0, 23, &tm.tm_hour) ||
         !str_drop_prefix(&text, STR(":")) || !digits(&text, 2, 0, 59, &tm.tm_min) ||
         !str_drop_prefix(&text, STR(":")) || !digits(&text, 2, 0, 59, &tm.tm_sec) || !read_offset(&text, &minutes))) {
        return false;
    }
    int day = tm.tm_mday;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t seconds = timegm(&tm); /* moves a 31st of April to May */
    *ret_ms = (seconds - minutes * 60) * 1000;
    return text.len == 0 && tm.tm_mday == day;
}

struct str audit_time_text(struct arena *arena, int64_t ms) {
    struct str seconds = clock_rfc3339(arena, ms / 1000);
    return str_format(arena, "%.*s.%03dZ", (int)seconds.len - 1, seconds.ptr, (int)(ms % 1000));
}

/* --- arguments --- */

static bool refuse(const char *name, const char *value, const char *what) {
    fprintf(stderr, "tongxing: --%s %s: %s\n", name, value, what);
    return false;
}

static bool read_time(const char *name, int64_t *ret_ms) {
    return audit_time_read(str_from(optarg), ret_ms) ||
           refuse(name, optarg, "is no time; it is 2026-01-05 or 2026-01-05T02:03:04Z");
}

static bool read_limit(int64_t *ret_limit) {
    return (str_to_i64(str_from(optarg), ret_limit) && *ret_limit >= 1 && *ret_limit <= LIMIT_MOST) ||
           refuse("limit", optarg, "must be between 1 and 1000000");
}

static bool read_option(int option, struct audit_args *args, struct str *checkpoints) {
    switch (option) {
    case OPT_EVENT:
        args->filter.event = str_from(optarg);
        return true;
    case OPT_ACTOR:
        args->filter.actor = str_from(optarg);
        return true;
    case OPT_CLIENT:
        args->filter.client_id = str_from(optarg);
        return true;
    case OPT_SUBJECT:
        args->filter.subject = str_from(optarg);
        return true;
    case OPT_RESULT:
        args->filter.result = str_from(optarg);
        return true;
    case OPT_REQUEST:
        args->filter.request_id = str_from(optarg);
        return true;
    case OPT_FROM:
        return read_time("from", &args->filter.from_ms);
    case OPT_TO:
        return read_time("to", &args->filter.before_ms);
    case OPT_LIMIT:
        return read_limit(&args->limit);
    case OPT_JSON:
        args->json = true;
        return true;
    case OPT_CHECKPOINT:
        checkpoints[args->checkpoint_count++] = str_from(optarg);
        return true;
    default: /* getopt has said it */
        return false;
    }
}

bool audit_args_read(int argc, char **argv, struct arena *arena, struct audit_args *ret_args) {
    struct audit_args args = {.limit = LIMIT_STANDARD};
    struct str *checkpoints = arena_array_of(arena, (size_t)argc, struct str);
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (!read_option(option, &args, checkpoints)) {
            return false;
        }
    }
    if (argc - optind < 1 || argc - optind > 2) {
        return false;
    }
    args.checkpoints = checkpoints;
    args.file = str_from(argv[optind]);
    args.other_file = argc - optind == 2 ? str_from(argv[optind + 1]) : STR_NONE;
    *ret_args = args;
    return true;
}
