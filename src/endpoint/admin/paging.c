/*
 * Pages of lists. What leads to the next page is sealed: it holds the last id, and opens for the same route, filters
 * and person only, so that it cannot be edited into another question (abuse case ST-04).
 */
#include "api.h"
#include "base/encode.h"
#include "jose/seal.h"

#define LIMIT_DEFAULT 50
#define CURSOR_MOST   1024

static struct str bound_of(const struct api_call *api) {
    const struct http_params *query = &api->call->request->query;
    struct buf bound;
    buf_init(&bound, api->arena, 256, 64 * 1024);
    buf_put(&bound, api->route->pattern);
    buf_putc(&bound, '\n');
    buf_put(&bound, api->actor.id);
    for (size_t i = 0; i < query->count; i++) {
        const struct http_field *field = &query->fields[i];
        if (!str_equal(field->name, STR("limit")) && !str_equal(field->name, STR("page"))) {
            buf_printf(&bound, "\n%zu.%zu.", field->name.len, field->value.len);
            buf_put(&bound, field->name);
            buf_put(&bound, field->value);
        }
    }
    return buf_str(&bound);
}

static bool read_limit(struct api_call *api, struct api_page *page) {
    struct str text = api_query(api, "limit");
    uint64_t limit = LIMIT_DEFAULT;
    if (!str_is_absent(text) && (!str_to_u64(text, &limit) || limit < 1 || limit > ADMIN_PAGE_MOST)) {
        return api_invalid_field(api, STR("limit"), "must be a number from 1 to 200");
    }
    page->limit = (size_t)limit;
    page->most = limit < ADMIN_PAGE_MOST ? (size_t)limit + 1 : ADMIN_PAGE_MOST;
    return true;
}

static bool read_cursor(struct api_call *api, struct api_page *page) {
    struct str text = api_query(api, "page"), sealed;
    page->after = STR_NONE;
    if (str_is_absent(text)) {
        return true;
    }
    if (text.len > CURSOR_MOST || !base64url_decode(api->arena, text, &sealed) ||
        !seal_open(api->domain->sealers->page, api->arena, sealed, bound_of(api), &page->after)) {
        return api_invalid_field(api, STR("page"), "is not a page of this list");
    }
    return true;
}

bool api_page_read(struct api_call *api, struct api_page *ret_page) {
    return read_limit(api, ret_page) && read_cursor(api, ret_page);
}

size_t api_page_rows(const struct api_page *page, size_t came) {
    return came < page->limit ? came : page->limit;
}

/* At the most rows the domain gives there is no row to tell: then the last page may turn out to be an empty one. */
static bool has_more(const struct api_page *page, size_t came) {
    return came > page->limit || (page->most == page->limit && came == page->limit);
}

void api_page_close(struct api_call *api, const struct api_page *page, size_t came, struct str last_id) {
    json_close_array(&api->out);
    if (has_more(page, came)) {
        struct str sealed = seal(api->domain->sealers->page, api->arena, last_id, bound_of(api));
        json_put_str(&api->out, "next_page", base64url_encode(api->arena, sealed));
    }
    json_close_object(&api->out);
}
