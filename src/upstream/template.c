/*
 * Templates: compiling them into pieces, each a literal or a value with its filter and place, and rendering.
 */
#include "upstream/template.h"

#include "base/arena.h"
#include "base/byte.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "jose/digest.h"
#include "jose/sm3.h"
#include "upstream/upstream.h"

enum piece_kind { PIECE_LITERAL, PIECE_VALUE, PIECE_HEADER, PIECE_POINTER };
enum filter { FILTER_NONE, FILTER_PERCENT, FILTER_BASE64, FILTER_SHA256, FILTER_SM3, FILTER_NUMBER };

struct template_piece {
    enum piece_kind kind;
    struct str text; /* of a literal; the name of a header field */
    enum template_value value;
    enum filter filter;
    enum template_place place;
    struct json_pointer pointer;
};

enum trait { PERSONAL = 1, WIDE = 2, OPTIONAL = 4, HIDDEN = 8, NUMERIC = 16 };
static const struct {
    struct str name;
    unsigned ask, traits;
} values_known[TEMPLATE_VALUES] = {
#define VALUE(identifier, name, ask, traits) {STR_INIT(#name), ask, traits},
#include "upstream/template.def"
#undef VALUE
};

static template_set with_trait(unsigned trait) {
    template_set set = 0;
    for (enum template_value value = 0; value < TEMPLATE_VALUES; value++) {
        set |= values_known[value].traits & trait ? TEMPLATE_BIT(value) : 0;
    }
    return set;
}

template_set template_personal(void) {
    return with_trait(PERSONAL);
}

template_set template_hidden(void) {
    return with_trait(HIDDEN);
}

unsigned template_asks(template_set values) {
    unsigned asks = 0;
    for (enum template_value value = 0; value < TEMPLATE_VALUES; value++) {
        asks |= values & TEMPLATE_BIT(value) ? values_known[value].ask : 0;
    }
    return asks;
}

const char *template_value_name(enum template_value value) {
    return values_known[value].name.ptr;
}

/* --- compiling --- */

void template_begin(struct template_maker *maker, struct arena *arena, template_set may_use) {
    *maker = (struct template_maker){.arena = arena, .may_use = may_use};
    buf_init(&maker->literal, arena, 128, TEMPLATE_TEXT_MOST);
}

/* Room for one more in an array that doubles. */
static void *grown(struct arena *arena, void *items, size_t count, size_t size) {
    bool full = count == 0 || (count >= 4 && (count & (count - 1)) == 0);
    if (!full) {
        return items;
    }
    void *longer = arena_alloc_array(arena, count == 0 ? 4 : count * 2, size);
    if (count > 0) {
        memcpy(longer, items, count * size);
    }
    return longer;
}

/* One more than there may be is noticed at the end. */
static void add_piece(struct template_maker *maker, const struct template_piece *piece) {
    if (maker->count < TEMPLATE_PIECES_MOST) {
        maker->pieces = grown(maker->arena, maker->pieces, maker->count, sizeof(*piece));
        maker->pieces[maker->count] = *piece;
    }
    maker->count++;
}

static void end_literal(struct template_maker *maker) {
    if (maker->literal.len > 0) {
        add_piece(maker, &(struct template_piece){.kind = PIECE_LITERAL,
                                                  .text = str_dup(maker->arena, buf_str(&maker->literal))});
        maker->literal.len = 0;
    }
}

void template_put(struct template_maker *maker, struct str text) {
    buf_put(&maker->literal, text);
}

static bool is_path_byte(char c) {
    return byte_is((unsigned char)c, BYTE_UNRESERVED) || (c != '\0' && strchr("/!$&'()*+,;=:@", c));
}

static bool put_literal(struct template_maker *maker, struct str text, enum template_place place, struct fault *fault) {
    for (size_t i = 0; i < text.len; i++) {
        if (place == TEMPLATE_IN_PATH && !is_path_byte(text.ptr[i])) {
            return fault_set(fault,
                             "a path has letters, digits, slashes and some signs only; a query has its own group");
        }
        if (place == TEMPLATE_IN_HEADER && (text.ptr[i] < 0x20 || text.ptr[i] > 0x7e)) {
            return fault_set(fault, "a header field is visible ASCII and spaces");
        }
    }
    if (place == TEMPLATE_IN_JSON) {
        buf_put_json(&maker->literal, text);
    } else if (place == TEMPLATE_IN_FORM) {
        buf_put_urlencoded(&maker->literal, text);
    } else {
        buf_put(&maker->literal, text);
    }
    return true;
}

static bool filter_of(struct str name, enum filter *ret_filter, struct fault *fault) {
    static const struct {
        struct str name;
        enum filter filter;
    } filters[] = {
        {STR_INIT("percent"), FILTER_PERCENT}, {STR_INIT("base64"), FILTER_BASE64}, {STR_INIT("sha256"), FILTER_SHA256},
        {STR_INIT("sm3"), FILTER_SM3},         {STR_INIT("number"), FILTER_NUMBER},
    };
    *ret_filter = FILTER_NONE;
    for (size_t i = 0; !str_is_absent(name) && i < ARRAY_LEN(filters); i++) {
        if (str_equal(filters[i].name, name)) {
            *ret_filter = filters[i].filter;
        }
    }
    return str_is_absent(name) || *ret_filter != FILTER_NONE ||
           fault_set(fault, "|%.*s is not percent, base64, sha256, sm3 or number", STR_ARG(name));
}

static bool value_of(const struct template_maker *maker, struct str name, enum template_value *ret_value,
                     struct fault *fault) {
    for (enum template_value value = 0; value < TEMPLATE_VALUES; value++) {
        if (str_equal(values_known[value].name, name)) {
            *ret_value = value;
            return (maker->may_use & TEMPLATE_BIT(value)) ||
                   fault_set(fault, "{{%.*s}} cannot be used here", STR_ARG(name));
        }
    }
    return fault_set(fault, "there is no {{%.*s}}", STR_ARG(name));
}

static bool answer_piece(struct template_maker *maker, struct str name, struct template_piece *piece,
                         struct fault *fault) {
    if (!maker->may_use_answer) {
        return fault_set(fault, "{{%.*s}} is for the signature of answers", STR_ARG(name));
    }
    maker->uses_answer = true;
    piece->kind = PIECE_HEADER;
    piece->text = name;
    if (str_drop_prefix(&piece->text, STR("header:"))) {
        return (piece->text.len > 0 && bytes_all(piece->text, BYTE_TOKEN)) ||
               fault_set(fault, "{{%.*s}} names no header field", STR_ARG(name));
    }
    str_drop_prefix(&piece->text, STR("json:"));
    piece->kind = PIECE_POINTER;
    if (!json_pointer_read(maker->arena, piece->text, &piece->pointer)) {
        return fault_set(fault, "{{%.*s}} has no JSON pointer (RFC 6901)", STR_ARG(name));
    }
    if (maker->point_count < TEMPLATE_PIECES_MOST) {
        maker->points = grown(maker->arena, maker->points, maker->point_count, sizeof(*maker->points));
        maker->points[maker->point_count++] = piece->pointer;
    }
    return true;
}

/* What is between the braces. */
static bool put_placeholder(struct template_maker *maker, struct str inside, enum template_place place,
                            struct fault *fault) {
    struct template_piece piece = {.kind = PIECE_VALUE, .place = place};
    struct str filter = STR_NONE;
    struct str name = str_trim(inside);
    if (str_starts(name, STR("header:")) || str_starts(name, STR("json:"))) {
        if (!answer_piece(maker, name, &piece, fault)) {
            return false;
        }
    } else {
        name = str_trim(str_cut(name, '|', &filter));
        filter = str_is_absent(filter) ? filter : str_trim(filter);
        if (!value_of(maker, name, &piece.value, fault) || !filter_of(filter, &piece.filter, fault)) {
            return false;
        }
        maker->uses |= TEMPLATE_BIT(piece.value);
        maker->numbers |= piece.filter == FILTER_NUMBER ? TEMPLATE_BIT(piece.value) : 0;
        if (piece.filter == FILTER_NUMBER && !(values_known[piece.value].traits & NUMERIC)) {
            return fault_set(fault, "{{%.*s}} is no number", STR_ARG(name));
        }
        if (place == TEMPLATE_IN_HEADER && piece.filter == FILTER_NONE && (values_known[piece.value].traits & WIDE)) {
            return fault_set(fault, "{{%.*s}} may be more than ASCII: in a header it needs |percent or |base64",
                             STR_ARG(name));
        }
    }
    end_literal(maker);
    add_piece(maker, &piece);
    return true;
}

static bool put_text(struct template_maker *maker, struct str text, enum template_place place, struct fault *fault) {
    while (text.len > 0) {
        size_t from = 0;
        while (from < text.len && !str_starts(str_sub(text, from, text.len - from), STR("{{"))) {
            from++;
        }
        if (!put_literal(maker, str_sub(text, 0, from), place, fault)) {
            return false;
        }
        if (from == text.len) {
            return true;
        }
        text = str_sub(text, from + 2, text.len - from - 2);
        size_t to = 0;
        while (to < text.len && !str_starts(str_sub(text, to, text.len - to), STR("}}"))) {
            to++;
        }
        if (to == text.len) {
            return fault_set(fault, "has {{ without }}");
        }
        if (!put_placeholder(maker, str_sub(text, 0, to), place, fault)) {
            return false;
        }
        text = str_sub(text, to + 2, text.len - to - 2);
    }
    return true;
}

static bool puts_number(const struct template_maker *maker, size_t from) {
    for (size_t i = from; i < maker->count && i < TEMPLATE_PIECES_MOST; i++) {
        if (maker->pieces[i].filter == FILTER_NUMBER) {
            return true;
        }
    }
    return false;
}

bool template_put_text(struct template_maker *maker, struct str text, enum template_place place, struct fault *fault) {
    size_t from = maker->count;
    if (!put_text(maker, text, place, fault)) {
        return false;
    }
    return !puts_number(maker, from) || fault_set(fault, "|number is for a JSON value that is one placeholder");
}

bool template_is_number(struct str text) {
    struct str filter;
    if (!str_starts(text, STR("{{")) || !str_ends(text, STR("|number}}")) || str_count(text, '{') != 2) {
        return false;
    }
    str_cut(text, '|', &filter);
    return str_equal(filter, STR("number}}"));
}

bool template_put_number(struct template_maker *maker, struct str text, struct fault *fault) {
    CHECK(template_is_number(text));
    return put_text(maker, text, TEMPLATE_IN_JSON, fault);
}

bool template_end(struct template_maker *maker, struct template *ret_template, struct fault *fault) {
    end_literal(maker);
    if (maker->count > TEMPLATE_PIECES_MOST || maker->literal.failed) {
        return fault_set(fault, "is longer than %d bytes, or has more than %d placeholders", TEMPLATE_TEXT_MOST,
                         TEMPLATE_PIECES_MOST / 2);
    }
    *ret_template = (struct template){.pieces = maker->pieces,
                                      .count = maker->count,
                                      .uses = maker->uses,
                                      .numbers = maker->numbers,
                                      .uses_answer = maker->uses_answer,
                                      .points = maker->points,
                                      .point_count = maker->point_count};
    return true;
}

/* --- rendering --- */

bool template_json_text(struct arena *arena, const struct json *value, struct str *ret_text) {
    int64_t number;
    bool flag;
    switch (json_kind(value)) {
    case JSON_KIND_STRING:
        return json_str(value, ret_text);
    case JSON_KIND_INT:
        CHECK(json_int(value, &number));
        *ret_text = str_format(arena, "%lld", (long long)number);
        return true;
    case JSON_KIND_BOOL:
        CHECK(json_bool(value, &flag));
        *ret_text = flag ? STR("true") : STR("false");
        return true;
    default:
        return false;
    }
}

static bool piece_value(const struct template_piece *piece, const struct template_values *values, struct arena *arena,
                        struct str *ret_value) {
    switch (piece->kind) {
    case PIECE_VALUE:
        *ret_value = values->items[piece->value];
        if (str_is_absent(*ret_value) && (values_known[piece->value].traits & OPTIONAL)) {
            *ret_value = STR("");
        }
        return !str_is_absent(*ret_value);
    case PIECE_HEADER:
        *ret_value = values->answer ? fetch_answer_field(values->answer, piece->text) : STR_NONE;
        return !str_is_absent(*ret_value);
    case PIECE_POINTER:
        return template_json_text(arena, json_pointer_find(&piece->pointer, values->root), ret_value);
    case PIECE_LITERAL:
        break;
    }
    return false;
}

static struct str filtered(struct arena *arena, enum filter filter, struct str value) {
    if (filter == FILTER_PERCENT) {
        return percent_encode(arena, value);
    }
    if (filter == FILTER_BASE64) {
        return base64_encode(arena, value);
    }
    if (filter == FILTER_SHA256) {
        struct sha256 digest = sha256_of(value);
        return hex_encode(arena, sha256_str(&digest));
    }
    if (filter == FILTER_SM3) {
        struct sm3 digest = sm3_of(value);
        return hex_encode(arena, sm3_str(&digest));
    }
    return value;
}

bool template_number_fits(struct str text) {
    uint64_t number;
    return text.len <= 15 && str_to_u64(text, &number) && (text.len == 1 || text.ptr[0] != '0');
}

static bool put_value(struct buf *buf, const struct template_piece *piece, struct str value) {
    switch (piece->place) {
    case TEMPLATE_IN_JSON:
        buf_put_json(buf, value);
        return utf8_valid(value) && (piece->filter != FILTER_NUMBER || template_number_fits(value));
    case TEMPLATE_IN_FORM:
        buf_put_urlencoded(buf, value);
        return true;
    case TEMPLATE_IN_PATH:
        buf_put_urlencoded(buf, value);
        return value.len > 0;
    case TEMPLATE_IN_HEADER:
        buf_put(buf, value);
        for (size_t i = 0; i < value.len; i++) {
            if (value.ptr[i] < 0x20 || value.ptr[i] > 0x7e) {
                return false;
            }
        }
        return true;
    case TEMPLATE_IN_TEXT:
        buf_put(buf, value);
        return true;
    }
    return false;
}

bool template_render(const struct template *template, const struct template_values *values, struct buf *buf) {
    for (size_t i = 0; i < template->count; i++) {
        const struct template_piece *piece = &template->pieces[i];
        struct str value;
        if (piece->kind == PIECE_LITERAL) {
            buf_put(buf, piece->text);
        } else if (!piece_value(piece, values, buf->arena, &value) ||
                   !put_value(buf, piece, filtered(buf->arena, piece->filter, value))) {
            return false;
        }
    }
    return !buf->failed;
}
