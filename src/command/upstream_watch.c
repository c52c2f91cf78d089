/*
 * Keeping and showing the calls of a trial.
 */
#include "upstream_watch.h"

#include "base/arena.h"
#include "config/yaml.h"
#include "shell/text.h"

#include <stdio.h>

#define BODY_SHOWN   (64 * 1024)
#define SECRET_LEAST 6 /* bytes of what is only taken for a secret, by its name or since it is in the environment */

void watch_heard(void *ctx, const struct fetch_observed *observed) {
    struct watch *watch = ctx;
    const struct fetch_request *request = observed->request;
    if (watch->count == WATCHED_MOST) { /* of one that is asked again and again, the latest */
        memmove(watch->calls, watch->calls + 1, (WATCHED_MOST - 1) * sizeof(*watch->calls));
        watch->shown -= watch->shown > 0;
        watch->count--;
    }
    struct watched *call = &watch->calls[watch->count++];
    *call = (struct watched){
        .method = str_dup(watch->arena, request->method),
        .url = str_dup(watch->arena, request->url),
        .body = str_is_absent(request->body) ? STR_NONE : str_dup(watch->arena, request->body),
        .fields = arena_array_of(watch->arena, request->field_count + 1, struct fetch_field),
        .field_count = request->field_count,
        .result = observed->result,
        .problem = str_dup(watch->arena, str_or(str_from(observed->problem), STR(""))),
    };
    for (size_t i = 0; i < request->field_count; i++) {
        call->fields[i] = (struct fetch_field){str_dup(watch->arena, request->fields[i].name),
                                               str_dup(watch->arena, request->fields[i].value)};
    }
    if (observed->answer) {
        call->answer = *observed->answer; /* its bytes are in the arena of the trial */
    }
}

/* --- what may not be seen --- */

static void add_secrets(struct mask *mask, struct str name, const struct yaml *node) {
    for (size_t i = 0; i < node->count; i++) {
        struct str inner = node->kind == YAML_MAP ? node->names[i] : name;
        /* The address may well come from there, and is what is looked for first when it is wrong. */
        if (!str_equal(inner, STR("url"))) {
            add_secrets(mask, inner, node->items[i]);
        }
    }
    for (size_t i = 0; i < node->secret_count; i++) {
        if (node->secrets[i].len >= SECRET_LEAST) {
            mask_add_secret(mask, node->secrets[i]);
        }
    }
    bool placeholder = str_starts(node->text, STR("{{"));
    if (node->kind == YAML_SCALAR && node->text.len >= SECRET_LEAST && mask_tells(name) && !placeholder) {
        mask_add_secret(mask, node->text);
    }
}

static void keep_name_at(struct mask *mask, struct arena *arena, struct str pointer) {
    struct str name = pointer, rest = pointer;
    while (!str_is_absent(rest)) {
        name = str_cut(rest, '/', &rest);
    }
    mask_keep_name(mask, str_dup(arena, name));
}

/* Where a description finds codes and results, and what they may be. The name of an organisation is none of them. */
static void keep_described(struct mask *mask, struct arena *arena, const struct yaml *node) {
    for (size_t i = 0; i < node->count; i++) {
        struct str name = node->kind == YAML_MAP ? node->names[i] : STR("");
        const struct yaml *item = node->items[i];
        if (str_equal(name, STR("table")) || str_equal(name, STR("statuses"))) {
            for (size_t row = 0; item->kind == YAML_MAP && row < item->count; row++) {
                mask_keep_word(mask, item->names[row]);
            }
        } else if (str_starts(name, STR("/"))) {
            keep_name_at(mask, arena, name);
        } else if (item->kind == YAML_SCALAR && str_starts(item->text, STR("/")) && !str_equal(name, STR("name"))) {
            keep_name_at(mask, arena, item->text);
        } else {
            keep_described(mask, arena, item);
        }
    }
}

struct mask *watch_mask(struct arena *arena, const struct upstream_settings *settings,
                        const struct upstream_asked *asked) {
    struct mask *mask = mask_new(arena);
    mask_add_secret(mask, settings->secret);
    if (settings->entry) {
        add_secrets(mask, STR(""), settings->entry);
    }
    const struct yaml *answer = settings->entry ? yaml_member(settings->entry, "answer") : NULL;
    if (answer) {
        keep_described(mask, arena, answer);
    }
    mask_add_name(mask, asked->name);
    mask_add_number(mask, asked->id_number);
    mask_add_phone(mask, asked->phone);
    mask_add_card(mask, asked->bank_card);
    mask_add_card(mask, asked->social_card);
    mask_add(mask, asked->region, MASK_HIDDEN);
    mask_add_name(mask, asked->org_name);
    mask_add_number(mask, asked->credit_code);
    mask_add_name(mask, asked->representative_name);
    mask_add_number(mask, asked->representative_number);
    mask_add_secret(mask, asked->credential);
    return mask;
}

void watch_mask_found(struct mask *mask, const struct upstream_found *found) {
    mask_add_name(mask, found->name);
    mask_add_number(mask, found->id_number);
    mask_add_phone(mask, found->phone);
    mask_add(mask, found->birthdate, MASK_HIDDEN);
    mask_add_name(mask, found->nickname);
    mask_add(mask, found->subject, MASK_HIDDEN);
}

/* --- showing --- */

static void put_line(struct watch *watch, char sign, struct str line) {
    struct str shown = text_shown(watch->arena, line);
    fprintf(stderr, "%c%s", sign, shown.len > 0 ? " " : "");
    fwrite(shown.ptr, 1, shown.len, stderr);
    fputc('\n', stderr);
}

static void put_fields(struct watch *watch, const struct mask *mask, char sign, const struct fetch_field *fields,
                       size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct str value = mask_field(mask, fields[i].name, fields[i].value);
        put_line(watch, sign, str_concat(watch->arena, fields[i].name, STR(": "), value));
    }
}

/* Masked before it is cut: half a number would not be found. */
static void put_body(struct watch *watch, char sign, struct str shown) {
    if (str_is_empty(shown)) {
        return;
    }
    bool cut = shown.len > BODY_SHOWN;
    struct str rest = cut ? str_sub(shown, 0, BODY_SHOWN) : shown;
    put_line(watch, sign, STR(""));
    while (!str_is_absent(rest)) {
        struct str line = str_cut(rest, '\n', &rest);
        put_line(watch, sign, str_ends(line, STR("\r")) ? str_sub(line, 0, line.len - 1) : line);
    }
    if (cut) {
        put_line(watch, sign, STR("… cut here"));
    }
}

static const char *failure(enum fetch_result result) {
    switch (result) {
    case FETCH_DONE:
        break;
    case FETCH_REFUSED:
        return "is no address that can be called";
    case FETCH_UNREACHABLE:
        return "cannot be reached";
    case FETCH_TIMEOUT:
        return "did not answer in time (timeout_ms)";
    case FETCH_TOO_LARGE:
        return "answered with more than an answer can be";
    case FETCH_CANCELLED:
        return "was called off";
    }
    return "answered";
}

static struct str failure_text(const struct watched *call, struct arena *arena) {
    struct str what = str_from(failure(call->result));
    bool more = call->result == FETCH_UNREACHABLE && call->problem.len > 0;
    return more ? str_concat(arena, what, STR(": "), call->problem) : what;
}

void watch_show(struct watch *watch, const struct mask *mask) {
    for (; watch->shown < watch->count; watch->shown++) {
        const struct watched *call = &watch->calls[watch->shown];
        put_line(watch, '>', str_concat(watch->arena, call->method, STR(" "), mask_text(mask, call->url)));
        put_fields(watch, mask, '>', call->fields, call->field_count);
        put_body(watch, '>', mask_text(mask, str_or(call->body, STR(""))));
        if (call->result != FETCH_DONE) {
            put_line(watch, '!', failure_text(call, watch->arena));
            continue;
        }
        put_line(watch, '<', str_format(watch->arena, "%d", call->answer.status));
        put_fields(watch, mask, '<', call->answer.fields, call->answer.field_count);
        put_body(watch, '<', mask_answer(mask, str_or(call->answer.body, STR(""))));
    }
    fflush(stderr);
}

struct str watch_reason(const struct watch *watch, struct arena *arena, const struct mask *mask) {
    if (watch->count == 0) {
        return STR("nothing was sent: the adapter could not write a request");
    }
    const struct watched *call = &watch->calls[watch->count - 1];
    struct str said = failure_text(call, arena);
    if (call->result == FETCH_DONE) {
        struct str type = mask_text(mask, str_or(call->answer.content_type, STR("no Content-Type")));
        said = str_format(arena, "answered %d, %.*s, %zu bytes: that is not an answer as the adapter knows it",
                          call->answer.status, STR_ARG(type), call->answer.body.len);
    }
    return str_concat(arena, call->method, STR(" "), mask_text(mask, call->url), STR(": "), said);
}
