/*
 * Splitting and rendering.
 */
#include "template.h"

#include "base/arena.h"

#define PARTS_MOST    256
#define LENGTH_DIGITS 20

struct splitting {
    struct arena *arena;
    struct variables *variables;
    struct template_part *parts;
    size_t count;
    struct str unknown; /* absent as long as all is well */
};

static void add_part(struct splitting *splitting, struct template_part part) {
    if (splitting->count < PARTS_MOST && !(part.kind == PART_LITERAL && str_is_empty(part.text))) {
        splitting->parts[splitting->count++] = part;
    } else if (splitting->count == PARTS_MOST) {
        splitting->unknown = STR("(too many variables in one request)");
    }
}

/* The length of the `{name}` at the begin of the text, 0 when there is none. */
static size_t placeholder_length(struct str text) {
    struct str rest;
    struct str name = str_cut(str_sub(text, 1, text.len - 1), '}', &rest);
    return str_is_absent(rest) || !variable_name_is_valid(name) ? 0 : name.len + 2;
}

static void add_variable(struct splitting *splitting, struct str name) {
    size_t index;
    if (!variables_find(splitting->variables, name, &index) || !splitting->variables->items[index].known) {
        splitting->unknown = name;
        return;
    }
    splitting->variables->items[index].used = true;
    add_part(splitting, (struct template_part){.kind = PART_VARIABLE, .variable = index});
}

static void split_text(struct splitting *splitting, struct str text) {
    size_t begin = 0, at = 0;
    while (at < text.len) {
        struct str left = str_sub(text, at, text.len - at);
        size_t length = left.ptr[0] == '{' ? placeholder_length(left) : 0;
        if (length == 0) {
            at++;
            continue;
        }
        add_part(splitting, (struct template_part){.kind = PART_LITERAL, .text = str_sub(text, begin, at - begin)});
        add_variable(splitting, str_sub(left, 1, length - 2));
        at += length;
        begin = at;
    }
    add_part(splitting, (struct template_part){.kind = PART_LITERAL, .text = str_sub(text, begin, at - begin)});
}

static void add_literal(struct splitting *splitting, struct str text) {
    add_part(splitting, (struct template_part){.kind = PART_LITERAL, .text = text});
}

static void split_request(struct splitting *splitting, struct str head, struct str body, struct template *template) {
    split_text(splitting, head);
    if (!str_ends(head, STR("\r\n"))) {
        add_literal(splitting, STR("\r\n"));
    }
    if (str_is_absent(body)) {
        add_literal(splitting, STR("\r\n"));
        template->body_part = splitting->count;
        return;
    }
    add_literal(splitting, STR("Content-Length: "));
    add_part(splitting, (struct template_part){.kind = PART_BODY_LENGTH});
    add_literal(splitting, STR("\r\n\r\n"));
    template->body_part = splitting->count;
    split_text(splitting, body);
}

static bool varies(const struct template *template) {
    for (size_t i = 0; i < template->part_count; i++) {
        if (template->parts[i].kind == PART_VARIABLE) {
            return true;
        }
    }
    return false;
}

static size_t literal_bytes(const struct template *template, size_t from) {
    size_t bytes = 0;
    for (size_t i = from; i < template->part_count; i++) {
        bytes += template->parts[i].kind == PART_LITERAL ? template->parts[i].text.len : 0;
    }
    return bytes;
}

bool template_split(struct arena *arena, struct variables *variables, struct str head, struct str body,
                    struct template *ret_template, struct str *ret_unknown) {
    struct splitting splitting = {
        .arena = arena, .variables = variables, .parts = arena_array_of(arena, PARTS_MOST, struct template_part)};
    struct template template = {0};
    split_request(&splitting, head, body, &template);
    if (!str_is_absent(splitting.unknown)) {
        *ret_unknown = splitting.unknown;
        return false;
    }
    template.parts = splitting.parts;
    template.part_count = splitting.count;
    template.body_literal = literal_bytes(&template, template.body_part);
    if (!varies(&template)) {
        size_t size = literal_bytes(&template, 0) + LENGTH_DIGITS;
        template.constant = template_render(&template, NULL, arena_alloc(arena, size), size);
    }
    *ret_template = template;
    return true;
}

bool template_uses(const struct template *template, size_t variable) {
    for (size_t i = 0; i < template->part_count; i++) {
        if (template->parts[i].kind == PART_VARIABLE && template->parts[i].variable == variable) {
            return true;
        }
    }
    return false;
}

static size_t body_length(const struct template *template, const struct str *texts) {
    size_t length = template->body_literal;
    for (size_t i = template->body_part; i < template->part_count; i++) {
        if (template->parts[i].kind == PART_VARIABLE) {
            length += texts[template->parts[i].variable].len;
        }
    }
    return length;
}

/* Decimal digits at the end of `digits`. */
static struct str number_text(size_t number, char digits[LENGTH_DIGITS]) {
    size_t at = LENGTH_DIGITS;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return str_of(digits + at, LENGTH_DIGITS - at);
}

struct str template_render(const struct template *template, const struct str *texts, char *to, size_t size) {
    if (!str_is_absent(template->constant)) {
        return template->constant;
    }
    char digits[LENGTH_DIGITS];
    size_t len = 0;
    for (size_t i = 0; i < template->part_count; i++) {
        const struct template_part *part = &template->parts[i];
        struct str text = part->kind == PART_LITERAL    ? part->text
                          : part->kind == PART_VARIABLE ? texts[part->variable]
                                                        : number_text(body_length(template, texts), digits);
        if (text.len > size - len) {
            return STR_NONE;
        }
        if (text.len > 0) {
            memcpy(to + len, text.ptr, text.len);
        }
        len += text.len;
    }
    return str_of(to, len);
}
