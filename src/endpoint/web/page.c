/*
 * Pages: values, rows and rendering.
 */
#include "endpoint/page.h"

#include "base/check.h"
#include "base/encode.h"
#include "embedded.h"
#include "jose/digest.h"
#include "messages.h"
#include "template.h"

#include <errno.h>
#include <stdio.h>

#define FILE_MOST  (512 * 1024)
#define PAGE_MOST  (256 * 1024)
#define FILES_MOST 192
#define TAG_SIZE   12

/* Without form-action: browsers hold it against the redirects that follow a form, and those go to the portals (abuse
 * case XS-07). */
#define POLICY "default-src 'none'; style-src 'self'; img-src 'self' https:; base-uri 'none'; frame-ancestors 'none'"

struct file {
    const char *name;
    struct str text;
    struct template_node *root; /* of a template */
    struct str entity_tag;      /* of an asset */
};

struct pages {
    struct arena *arena;
    struct file files[FILES_MOST];
    size_t count;
    const struct file *layout;
};

/* --- files --- */

/* The operator's file where there is one, else ours. */
static bool read_override(struct arena *arena, struct str folder, const char *name, struct str *text,
                          struct fault *fault) {
    if (str_is_empty(folder)) {
        return true;
    }
    char *path = str_c(arena, str_format(arena, "%.*s/%s", STR_ARG(folder), name));
    FILE *from = fopen(path, "re");
    if (!from) {
        return errno == ENOENT || fault_set(fault, "%s cannot be read: %s", path, strerror(errno));
    }
    char *bytes = arena_alloc(arena, FILE_MOST);
    size_t len = fread(bytes, 1, FILE_MOST, from);
    bool failed = ferror(from) || len == FILE_MOST;
    fclose(from);
    *text = str_of(bytes, len);
    return !failed || fault_set(fault, "%s cannot be read or is larger than 512 KiB", path);
}

static bool load_file(struct pages *pages, struct str folder, const struct embedded_file *embedded,
                      struct fault *fault) {
    struct file *file = &pages->files[pages->count++];
    file->name = embedded->name;
    file->text = embedded->text;
    if (!read_override(pages->arena, folder, file->name, &file->text, fault)) {
        return false;
    }
    if (str_starts(str_from(file->name), STR("pages/"))) {
        return template_read(pages->arena, file->text, str_from(file->name), &file->root, fault);
    }
    struct sha256 digest = sha256_of(file->text);
    struct str tag = base64url_encode(pages->arena, str_of(digest.bytes, TAG_SIZE));
    file->entity_tag = str_format(pages->arena, "\"%.*s\"", STR_ARG(tag));
    return true;
}

static const struct file *file_find(const struct pages *pages, const char *folder, struct str name,
                                    const char *suffix) {
    for (size_t i = 0; i < pages->count; i++) {
        struct str text = str_from(pages->files[i].name);
        if (str_drop_prefix(&text, str_from(folder)) && str_ends(text, str_from(suffix)) &&
            str_equal(str_sub(text, 0, text.len - strlen(suffix)), name)) {
            return &pages->files[i];
        }
    }
    return NULL;
}

bool pages_open(struct str folder, struct pages **ret_pages, struct fault *fault) {
    struct arena *arena = arena_new();
    struct pages *pages = arena_new_of(arena, struct pages);
    pages->arena = arena;
    CHECK(embedded_file_count <= FILES_MOST);
    for (size_t i = 0; i < embedded_file_count; i++) {
        if (!load_file(pages, folder, &embedded_files[i], fault)) {
            arena_free(arena);
            return false;
        }
    }
    pages->layout = file_find(pages, "pages/", STR("layout"), ".html");
    *ret_pages = pages;
    return true;
}

void pages_free(struct pages *pages) {
    if (pages) {
        arena_free(pages->arena);
    }
}

static struct str media_type_of(struct str name) {
    static const struct {
        struct str suffix, type;
    } types[] = {
        {STR_INIT(".css"), STR_INIT("text/css; charset=utf-8")},
        {STR_INIT(".js"), STR_INIT("text/javascript; charset=utf-8")},
        {STR_INIT(".html"), STR_INIT("text/html; charset=utf-8")},
        {STR_INIT(".svg"), STR_INIT("image/svg+xml")},
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (str_ends(name, types[i].suffix)) {
            return types[i].type;
        }
    }
    return STR("application/octet-stream");
}

static bool asset_of(const struct pages *pages, const char *folder, struct str name, struct page_asset *ret_asset) {
    const struct file *file = file_find(pages, folder, name, "");
    if (!file) {
        return false;
    }
    *ret_asset =
        (struct page_asset){.body = file->text, .media_type = media_type_of(name), .entity_tag = file->entity_tag};
    return true;
}

bool pages_asset(const struct pages *pages, struct str name, struct page_asset *ret_asset) {
    return asset_of(pages, "assets/", name, ret_asset);
}

bool pages_console_file(const struct pages *pages, struct str name, struct page_asset *ret_asset) {
    return asset_of(pages, "console/", name, ret_asset);
}

/* --- values --- */

struct value {
    struct value *next;
    const char *name;
    struct str text;
};

struct page {
    const struct pages *pages;
    struct arena *arena;
    const struct file *file;
    enum page_language language;
    struct value *values;
    struct page *parent; /* of a row */
    const char *list;    /* of a row */
    struct str content;  /* rendered, while the layout around it is */
    struct page *rows;   /* in the order they were added */
    struct page *next_row;
};

struct page *page_new(const struct pages *pages, struct arena *arena, const char *name, enum page_language language) {
    struct page *page = arena_new_of(arena, struct page);
    page->pages = pages;
    page->arena = arena;
    page->language = language;
    page->file = file_find(pages, "pages/", str_from(name), ".html");
    CHECK(page->file);
    page_set(page, "lang", page_language_tags[language]);
    return page;
}

void page_set(struct page *page, const char *name, struct str value) {
    struct value *added = arena_new_of(page->arena, struct value);
    *added = (struct value){.next = page->values, .name = name, .text = value};
    page->values = added;
}

void page_flag(struct page *page, const char *name, bool on) {
    page_set(page, name, on ? STR("1") : STR(""));
}

void page_message(struct page *page, const char *name, const char *key) {
    page_set(page, name, page_text(page->language, key));
}

struct page *page_row(struct page *page, const char *list) {
    struct page *row = arena_new_of(page->arena, struct page);
    *row = (struct page){
        .pages = page->pages, .arena = page->arena, .language = page->language, .parent = page, .list = list};
    struct page **end = &page->rows;
    while (*end) {
        end = &(*end)->next_row;
    }
    *end = row;
    return row;
}

static struct str value_of(const struct page *page, struct str name) {
    for (; page; page = page->parent) {
        for (const struct value *value = page->values; value; value = value->next) {
            if (str_equal(str_from(value->name), name)) {
                return value->text;
            }
        }
    }
    return STR("");
}

/* --- rendering --- */

static void render(const struct page *page, const struct template_node *node, struct buf *buf);

static bool render_rows(const struct page *page, const struct template_node *node, struct buf *buf) {
    bool any = false;
    for (const struct page *row = page->rows; row; row = row->next_row) {
        if (str_equal(str_from(row->list), node->text)) {
            render(row, node->first, buf);
            any = true;
        }
    }
    return any;
}

/* What is between the first <h1> and its end, without tags; it was escaped when it was rendered. */
static void put_heading(struct str html, struct buf *buf) {
    while (html.len > 0 && !str_starts(html, STR("<h1>"))) {
        html = str_sub(html, 1, html.len - 1);
    }
    bool tag = false;
    while (html.len > 0 && !str_starts(html, STR("</h1>"))) {
        char c = html.ptr[0];
        tag = tag || c == '<';
        if (!tag) {
            buf_putc(buf, c);
        }
        tag = tag && c != '>';
        html = str_sub(html, 1, html.len - 1);
    }
}

static void render_node(const struct page *page, const struct template_node *node, struct buf *buf) {
    switch (node->kind) {
    case TEMPLATE_TEXT:
        buf_put(buf, node->text);
        break;
    case TEMPLATE_VALUE:
        buf_put_html(buf, value_of(page, node->text));
        break;
    case TEMPLATE_MESSAGE:
        buf_put_html(buf, message_text(node->message, page->language));
        break;
    case TEMPLATE_SECTION:
        if (!render_rows(page, node, buf) && !str_is_empty(value_of(page, node->text))) {
            render(page, node->first, buf);
        }
        break;
    case TEMPLATE_INVERTED:
        if (str_is_empty(value_of(page, node->text))) {
            render(page, node->first, buf);
        }
        break;
    case TEMPLATE_CONTENT:
        buf_put(buf, page->content);
        break;
    case TEMPLATE_TITLE:
        put_heading(page->content, buf);
        break;
    }
}

static void render(const struct page *page, const struct template_node *node, struct buf *buf) {
    for (; node && !buf->failed; node = node->next) {
        render_node(page, node, buf);
    }
}

void page_reply(struct page *page, int status, struct http_reply *reply) {
    struct buf content, html;
    buf_init(&content, page->arena, 8192, PAGE_MOST);
    buf_init(&html, page->arena, 8192, PAGE_MOST);
    render(page, page->file->root, &content);
    page->content = buf_str(&content);
    render(page, page->pages->layout->root, &html);
    reply->status = html.failed || content.failed ? 500 : status;
    reply->content_type = STR("text/html; charset=utf-8");
    http_reply_field(reply, STR("Content-Language"), page_language_tags[page->language]);
    http_reply_field(reply, STR("Vary"), STR("Accept-Language"));
    http_reply_field(reply, STR("Content-Security-Policy"), STR(POLICY));
    buf_put(&reply->body, buf_str(&html));
}
