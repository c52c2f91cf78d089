/*
 * rest_inside: what the files of the REST adapter share: the compiled description, and reading it from the
 * configuration.
 */
#ifndef UPSTREAM_REST_INSIDE_H
#define UPSTREAM_REST_INSIDE_H

#include "config/yaml.h"
#include "upstream/rest.h"

#define REST_HEADERS_MOST  12 /* of the description; ours come on top */
#define REST_STATUSES_MOST 16
#define REST_STEPS_MOST    8
#define REST_ROWS_MOST     256
#define REST_CHECKS_MOST   16
#define REST_ID_TYPES      (ID_TYPE_PERMANENT_RESIDENCE + 1)

enum rest_proof { REST_NONE, REST_BASIC, REST_BEARER, REST_HMAC_SHA256, REST_HMAC_SM3, REST_MTLS };
enum rest_encoding { REST_HEX, REST_HEX_UPPER, REST_BASE64 };

struct rest_header {
    struct str name;
    struct template value;
};

/* What a value of an answer means; `number` is of the enum that the table is about. */
struct rest_row {
    struct str text;
    int number;
};
struct rest_table {
    struct rest_row *rows;
    size_t count;
};
#define REST_NEXT (VERIFY_RESULTS) /* in a table of results: look at the next step */

enum rest_type { REST_ANY, REST_TEXT, REST_NUMBER, REST_FLAG };
struct rest_step {
    struct json_pointer at;
    enum rest_type type;
    struct rest_table table;
};
struct rest_check {
    struct json_pointer at;
    struct template value;
};

/* A place in an answer that may not be described. */
struct rest_place {
    bool given;
    struct json_pointer at;
};

enum rest_as_of { REST_SECONDS, REST_MILLISECONDS, REST_DATE, REST_RFC3339 };

struct rest {
    struct upstream_traits traits;
    struct str authority;
    bool repeat;
    struct str id_types[REST_ID_TYPES]; /* absent: not served */
    struct str app_id, secret;

    /* the request */
    struct str url, method, body_type;
    struct template path, query, body; /* path without what the url has */
    bool has_query, has_body;
    struct rest_header headers[REST_HEADERS_MOST];
    size_t header_count;

    /* authentication */
    enum rest_proof proof;
    enum rest_encoding encoding;
    struct template canonical;
    bool signature_in_body;
    struct str authorization;                /* of basic and bearer */
    struct str certificate, certificate_key; /* paths; absent for none */

    /* the answer */
    int64_t statuses[REST_STATUSES_MOST], limited[REST_STATUSES_MOST];
    size_t status_count, limited_count;
    struct str content_type; /* absent: any */
    int64_t bytes_most;
    struct rest_place inside;
    bool is_signed;
    struct str signature_header; /* or, absent, in the document: */
    struct json_pointer signature_at;
    struct template answer_canonical;
    struct rest_check checks[REST_CHECKS_MOST];
    size_t check_count;
    struct rest_step steps[REST_STEPS_MOST];
    size_t step_count;
    struct rest_place check_id, folded, as_of, status, org_name, org_type;
    enum rest_as_of as_of_form;
    struct rest_table status_table;
};

/* Keyed as `authentication` says, in its encoding. */
struct str rest_signature(const struct rest *rest, struct arena *arena, struct str text);

/* --- reading the description --- */

struct rest_reading {
    struct arena *arena;
    const struct upstream_settings *settings;
    struct rest *rest;
    struct config_problems *problems;
    /* Parts without a mistake in them: what is said about two of them together needs both. */
    bool asks, request, authentication;
};

/* A node with the option it is: "request.headers.X-App-Id". */
struct rest_node {
    const struct yaml *yaml; /* NULL: not there */
    const char *option;      /* NULL for the entry itself */
    int line;                /* its own, or of the group that it would be in; 0 for the entry's */
};

/*
 * Reading goes on after a mistake: whether there was any is for the problems to say. Each function says all it finds,
 * and is false where nothing was read.
 */

/* Says "FILE:LINE: upstreams.NAME.OPTION: …"; false. */
bool rest_wrong(struct rest_reading *reading, struct rest_node node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct rest_node rest_member(struct rest_reading *reading, struct rest_node map, const char *name);
struct rest_node rest_item(struct rest_reading *reading, struct rest_node container, size_t index);
/* It is a group. Says which of its members are not among the names (separated by single spaces). */
bool rest_is_group(struct rest_reading *reading, struct rest_node node, const char *names);
/* What is not there is left as it is. */
bool rest_text(struct rest_reading *reading, struct rest_node node, struct str *ret_text);
bool rest_flag(struct rest_reading *reading, struct rest_node node, bool *ret_flag);
bool rest_int(struct rest_reading *reading, struct rest_node node, int64_t least, int64_t most, int64_t *ret_number);
/* One of names (separated by |); its place among them. */
bool rest_word(struct rest_reading *reading, struct rest_node node, const char *names, int *ret_place);
bool rest_pointer(struct rest_reading *reading, struct rest_node node, struct rest_place *ret_place);
bool rest_template(struct rest_reading *reading, struct rest_node node, enum template_place place, template_set may_use,
                   bool may_use_answer, struct template *ret_template);

/* The parts, in this order. */
void rest_read_request(struct rest_reading *reading, struct rest_node node);
void rest_read_authentication(struct rest_reading *reading, struct rest_node node);
void rest_read_answer(struct rest_reading *reading, struct rest_node node);

/* Sets of values for the places. */
template_set rest_question_values(const struct rest *rest); /* what is asked, and ours; not the signature */

#endif
