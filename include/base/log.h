/*
 * log: structured lines on standard error, as JSON or as text, one write(2) a line, from any thread.
 *
 * An event has a dotted name that is a constant ("redis.connected") and typed fields. Values are escaped and capped at
 * 256 bytes. There is no field type for secrets or personal data, and text from outside goes only through log_str. The
 * request id of the running fiber, and its trace (base/trace.h), are added by themselves. Libraries below the layer
 * that handles an error do not log it.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

struct log_field {
    const char *name;
    enum { LOG_FIELD_STR, LOG_FIELD_INT } type;
    struct str text;
    int64_t number;
};

static inline struct log_field log_str(const char *name, struct str text) {
    return (struct log_field){.name = name, .type = LOG_FIELD_STR, .text = text};
}
static inline struct log_field log_text(const char *name, const char *text) {
    return (struct log_field){.name = name, .type = LOG_FIELD_STR, .text = str_from(text)};
}
static inline struct log_field log_int(const char *name, int64_t number) {
    return (struct log_field){.name = name, .type = LOG_FIELD_INT, .number = number};
}

void log_init(enum log_level lowest, enum log_format format);
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count);

/* The request id of what runs now on this thread; kept right across fiber switches by loop. */
extern _Thread_local struct str log_request_id;

#define LOG_FIELDS_(...)                                                                                               \
    (const struct log_field[]) {                                                                                       \
        {0}, ##__VA_ARGS__                                                                                             \
    }
#define log_event(level, event, ...)                                                                                   \
    log_write((level), "" event "", LOG_FIELDS_(__VA_ARGS__) + 1,                                                      \
              sizeof(LOG_FIELDS_(__VA_ARGS__)) / sizeof(struct log_field) - 1)
#define log_debug(event, ...) log_event(LOG_DEBUG, event, ##__VA_ARGS__)
#define log_info(event, ...)  log_event(LOG_INFO, event, ##__VA_ARGS__)
#define log_warn(event, ...)  log_event(LOG_WARN, event, ##__VA_ARGS__)
#define log_error(event, ...) log_event(LOG_ERROR, event, ##__VA_ARGS__)

#endif
