/*
 * plan_reader: reading JSON objects by tables of members, with an error that names the place in the plan.
 */
#ifndef LOAD_PLAN_READER_H
#define LOAD_PLAN_READER_H

#include "plan.h"

#include "base/json.h"

struct reader {
    struct arena *arena;
    struct plan *plan;
    char place[256]; /* "flow[1].capture[0]" */
    size_t place_len;
    struct str problem; /* the first one */
};

/* Reads a value into the field; false when it has called reader_fail. */
typedef bool reader_function(struct reader *reader, const struct json *value, void *field);

struct reader_member {
    const char *name;
    reader_function *read;
    size_t offset; /* of the field in the struct */
    bool required;
};

/* Members are read in the order of the table, whatever their order in the text. */
bool reader_object(struct reader *reader, const struct json *object, const struct reader_member *members, size_t count,
                   void *to);
/* Calls read(reader, element, to + i * size) for each element. */
bool reader_array(struct reader *reader, const struct json *array, reader_function *read, size_t size, void *to);
/* Always false. */
bool reader_fail(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A name or an index is added to the place; leaving goes back to the length that entering returned. */
size_t reader_enter(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
void reader_leave(struct reader *reader, size_t place_len);

bool read_text(struct reader *reader, const struct json *value, void *field);    /* struct str, not empty */
bool read_count(struct reader *reader, const struct json *value, void *field);   /* size_t, up to 10⁹ */
bool read_seconds(struct reader *reader, const struct json *value, void *field); /* int64_t nanoseconds */
bool read_milliseconds(struct reader *reader, const struct json *value, void *field);

bool read_prologue(struct reader *reader, const struct json *value, void *field); /* struct steps */
bool read_flow(struct reader *reader, const struct json *value, void *field);
bool read_idle_request(struct reader *reader, const struct json *value, void *field);

#endif
