/*
 * template: text with placeholders, {{name}}, for requests to registers that are described in the configuration.
 * Compiled once, rendered for each call: nothing that was asked can leave the place it was put in, since each
 * placeholder knows what surrounds it.
 *
 *   {{name}}             a value of template.def
 *   {{name|percent}}     percent-encoded; also |base64, |sha256 and |sm3 (hexadecimal), |number (JSON: without quotes)
 *   {{header:X-Time}}    a field of the answer's header, and
 *   {{json:/data}}       what is at this pointer in the answer: where answers are signed
 */
#ifndef UPSTREAM_TEMPLATE_H
#define UPSTREAM_TEMPLATE_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/json_pointer.h"
#include "loop/fetch.h"

enum template_value {
#define VALUE(identifier, name, ask, traits) TEMPLATE_##identifier,
#include "upstream/template.def"
#undef VALUE
    TEMPLATE_VALUES
};
typedef uint64_t template_set; /* bits 1 << enum template_value */
#define TEMPLATE_BIT(value) ((template_set)1 << (value))

/* Where it stands, and so how a value is written there. */
enum template_place {
    TEMPLATE_IN_JSON,   /* inside the quotes of a JSON string */
    TEMPLATE_IN_FORM,   /* a name or value of a form or a query: percent-encoded */
    TEMPLATE_IN_PATH,   /* one segment of a path: percent-encoded, and never "." or ".." */
    TEMPLATE_IN_HEADER, /* a header field: visible ASCII and spaces only */
    TEMPLATE_IN_TEXT,   /* what is signed or compared: as it is */
};

/* Which of the values say something about a person, are secret, … : see template.def. */
template_set template_personal(void);
template_set template_hidden(void);
unsigned template_asks(template_set values); /* bits of enum upstream_ask */
const char *template_value_name(enum template_value value);

struct template {
    const struct template_piece *pieces;
    size_t count;
    template_set uses;
    template_set numbers;              /* of those, with |number */
    bool uses_answer;                  /* {{header:…}} or {{json:…}} */
    const struct json_pointer *points; /* of {{json:…}} */
    size_t point_count;
};

#define TEMPLATE_TEXT_MOST   (8 * 1024)
#define TEMPLATE_PIECES_MOST 256

/* Making one, piece by piece. `may_use` and `may_use_answer` say what is allowed; the rest is the maker's. */
struct template_maker {
    struct arena *arena;
    template_set may_use;
    bool may_use_answer;
    struct template_piece *pieces;
    size_t count;
    struct json_pointer *points;
    size_t point_count;
    struct buf literal; /* since the last placeholder */
    template_set uses, numbers;
    bool uses_answer;
};
void template_begin(struct template_maker *maker, struct arena *arena, template_set may_use);
/* As it stands, whatever the place. */
void template_put(struct template_maker *maker, struct str text);
/* With placeholders; what stands between them is written as the place wants it. A fault says what is wrong with it. */
bool template_put_text(struct template_maker *maker, struct str text, enum template_place place, struct fault *fault);
/* Is it one placeholder with |number and nothing else? Then it is put as a JSON number. */
bool template_is_number(struct str text);
/* Can it be a JSON number? Digits without a zero in front, few enough for every reader's integers. */
bool template_number_fits(struct str value);
bool template_put_number(struct template_maker *maker, struct str text, struct fault *fault);
bool template_end(struct template_maker *maker, struct template *ret_template, struct fault *fault);

/* What is known when it is rendered. */
struct template_values {
    struct str items[TEMPLATE_VALUES]; /* absent where it is not known */
    const struct fetch_answer *answer; /* for {{header:…}}; else NULL */
    const struct json *root;           /* for {{json:…}} */
};
/* False when a value is missing or cannot stand where it should: then the bytes written are of no use. */
bool template_render(const struct template *template, const struct template_values *values, struct buf *buf);
/* Text, a whole number, true or false of a document, as the configuration writes it; false for anything else. */
bool template_json_text(struct arena *arena, const struct json *value, struct str *ret_text);

#endif
