/*
 * The walk through objects and arrays, and the simple values.
 */
#include "plan_reader.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT_MOST   1000000000
#define SECONDS_MOST 86400

bool reader_fail(struct reader *reader, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (str_is_absent(reader->problem)) {
        reader->problem = str_format(reader->arena, "%.*s%s%s", (int)reader->place_len, reader->place,
                                     reader->place_len > 0 ? ": " : "", text);
    }
    return false;
}

size_t reader_enter(struct reader *reader, const char *format, ...) {
    size_t before = reader->place_len, room = sizeof(reader->place) - before;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(reader->place + before, room, format, args);
    va_end(args);
    reader->place_len += (size_t)len < room ? (size_t)len : room - 1;
    return before;
}

void reader_leave(struct reader *reader, size_t place_len) {
    reader->place_len = place_len;
}

struct known_members {
    struct reader *reader;
    const struct reader_member *members;
    size_t count;
};

static bool is_known(void *ctx, struct str name, const struct json *value) {
    struct known_members *known = ctx;
    for (size_t i = 0; i < known->count; i++) {
        if (str_equal(name, str_from(known->members[i].name))) {
            return true;
        }
    }
    return reader_fail(known->reader, "unknown member \"%.*s\"", STR_ARG(name));
}

bool reader_object(struct reader *reader, const struct json *object, const struct reader_member *members, size_t count,
                   void *to) {
    if (json_kind(object) != JSON_KIND_OBJECT) {
        return reader_fail(reader, "is not an object");
    }
    if (!json_each(object, is_known, &(struct known_members){reader, members, count})) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct json *value = json_member(object, members[i].name);
        size_t place = reader_enter(reader, reader->place_len > 0 ? ".%s" : "%s", members[i].name);
        if (!value && members[i].required) {
            return reader_fail(reader, "is missing");
        }
        if (value && !members[i].read(reader, value, (char *)to + members[i].offset)) {
            return false;
        }
        reader_leave(reader, place);
    }
    return true;
}

bool reader_array(struct reader *reader, const struct json *array, reader_function *read, size_t size, void *to) {
    for (size_t i = 0; i < json_length(array); i++) {
        size_t place = reader_enter(reader, "[%zu]", i);
        if (!read(reader, json_element(array, i), (char *)to + i * size)) {
            return false;
        }
        reader_leave(reader, place);
    }
    return true;
}

bool read_text(struct reader *reader, const struct json *value, void *field) {
    struct str text;
    if (!json_str(value, &text) || str_is_empty(text)) {
        return reader_fail(reader, "is not a text, or empty");
    }
    *(struct str *)field = text;
    return true;
}

bool read_count(struct reader *reader, const struct json *value, void *field) {
    int64_t number;
    if (!json_int(value, &number) || number < 0 || number > COUNT_MOST) {
        return reader_fail(reader, "is not a whole number from 0 to %d", COUNT_MOST);
    }
    *(size_t *)field = (size_t)number;
    return true;
}

/* The JSON layer hands out whole numbers only: fractions are read from the number's text. */
static bool number_of(struct reader *reader, const struct json *value, double *ret_number) {
    if (json_kind(value) != JSON_KIND_INT && json_kind(value) != JSON_KIND_REAL) {
        return false;
    }
    struct buf text;
    buf_init(&text, reader->arena, 32, 64);
    json_write_value(&text, value);
    *ret_number = strtod(str_c(reader->arena, buf_str(&text)), NULL);
    return true;
}

static bool read_duration(struct reader *reader, const struct json *value, double unit_ns, int64_t *ret_ns) {
    double number;
    if (!number_of(reader, value, &number) || !(number >= 0 && number * unit_ns <= SECONDS_MOST * 1e9)) {
        return reader_fail(reader, "is not a duration of up to a day");
    }
    *ret_ns = (int64_t)(number * unit_ns);
    return true;
}

bool read_seconds(struct reader *reader, const struct json *value, void *field) {
    return read_duration(reader, value, 1e9, field);
}

bool read_milliseconds(struct reader *reader, const struct json *value, void *field) {
    return read_duration(reader, value, 1e6, field);
}
