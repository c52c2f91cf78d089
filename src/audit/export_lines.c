/*
 * Lines of an exported file. A record stands there as a string, so that its bytes are the ones that were chained.
 */
#include "export_lines.h"

#include "base/check.h"
#include "base/encode.h"
#include "base/json.h"

#define FORM 1

/* --- header --- */

struct str export_header_write(struct arena *arena, const struct export_header *header) {
    struct buf line;
    buf_init(&line, arena, 1024, EXPORT_LINE_MOST);
    struct json_out out = json_out(&line);
    json_open_object(&out, NULL);
    json_put_int(&out, "tongxing_audit_export", FORM);
    json_put_str(&out, "export_id", header->export_id);
    json_put_int(&out, "made_ms", header->made_ms);
    json_put_int(&out, "from_ms", header->from_ms);
    json_put_int(&out, "before_ms", header->before_ms);
    json_open_array(&out, "chains");
    for (size_t i = 0; i < header->run_count; i++) {
        const struct export_run *run = &header->runs[i];
        json_open_object(&out, NULL);
        json_put_str(&out, "node", run->node);
        json_put_int(&out, "from_seq", run->from_seq);
        json_put_int(&out, "to_seq", run->to_seq);
        json_put_str(&out, "before_mac", base64url_encode(arena, run->before_mac));
        json_close_object(&out);
    }
    json_close_array(&out);
    json_close_object(&out);
    CHECK(!line.failed);
    return buf_str(&line);
}

static bool mac_read(struct arena *arena, const struct json *object, const char *name, struct str *ret_mac) {
    struct str text;
    return json_get_str(object, name, &text) && base64url_decode(arena, text, ret_mac);
}

static bool run_read(struct arena *arena, const struct json *object, struct export_run *run) {
    return json_get_str(object, "node", &run->node) && chain_node_is_fine(run->node) &&
           json_get_int(object, "from_seq", &run->from_seq) && json_get_int(object, "to_seq", &run->to_seq) &&
           run->from_seq > 0 && run->to_seq >= run->from_seq &&
           mac_read(arena, object, "before_mac", &run->before_mac) &&
           run->before_mac.len == (run->from_seq == 1 ? 0 : CHAIN_MAC);
}

bool export_header_read(struct arena *arena, struct str line, struct export_header *ret_header) {
    const struct json_limits limits = {.bytes = EXPORT_LINE_MOST, .depth = 4};
    struct export_header header = {0};
    const struct json *object;
    int64_t form;
    if (!json_parse(arena, line, limits, &object) || !json_get_int(object, "tongxing_audit_export", &form) ||
        form != FORM || !json_get_str(object, "export_id", &header.export_id)) {
        return false;
    }
    const struct json *chains = json_member(object, "chains");
    header.run_count = json_kind(chains) == JSON_KIND_ARRAY ? json_length(chains) : SIZE_MAX;
    if (header.run_count > EXPORT_RUNS_MOST) {
        return false;
    }
    header.runs = arena_array_of(arena, header.run_count + 1, struct export_run);
    for (size_t i = 0; i < header.run_count; i++) {
        if (!run_read(arena, json_element(chains, i), &header.runs[i])) {
            return false;
        }
    }
    *ret_header = header;
    return true;
}

/* --- rows --- */

struct str export_row_write(struct arena *arena, const struct audit_row *row) {
    struct buf line;
    buf_init(&line, arena, 1024, EXPORT_LINE_MOST);
    struct json_out out = json_out(&line);
    json_open_object(&out, NULL);
    json_put_str(&out, "node", row->node);
    json_put_int(&out, "seq", row->seq);
    json_put_str(&out, "mac", base64url_encode(arena, row->mac));
    json_put_str(&out, "record", row->record);
    json_close_object(&out);
    CHECK(!line.failed);
    return buf_str(&line);
}

bool export_row_read(struct arena *arena, struct str line, struct audit_row *ret_row) {
    const struct json_limits limits = {.bytes = EXPORT_LINE_MOST, .depth = 1};
    const struct json *object;
    struct audit_row row = {0};
    if (!json_parse(arena, line, limits, &object) || !json_get_str(object, "node", &row.node) ||
        !json_get_int(object, "seq", &row.seq) || !json_get_str(object, "record", &row.record) ||
        !mac_read(arena, object, "mac", &row.mac) || row.mac.len != CHAIN_MAC) {
        return false;
    }
    *ret_row = row;
    return true;
}

/* --- trailer --- */

static struct chain_mac seal_of(const struct sealer *sealer, struct arena *arena, struct str header_line,
                                const struct export_header *header, int64_t rows) {
    struct chain_mac seal;
    struct str *parts = arena_array_of(arena, header->run_count + 3, struct str);
    parts[0] = STR("export file");
    parts[1] = header_line;
    parts[2] = str_format(arena, "%lld", (long long)rows);
    for (size_t i = 0; i < header->run_count; i++) {
        parts[3 + i] = chain_mac_str(&header->runs[i].last_mac);
    }
    seal_mac(sealer, parts, header->run_count + 3, seal.bytes);
    return seal;
}

struct str export_trailer_write(const struct sealer *sealer, struct arena *arena, struct str header_line,
                                const struct export_header *header, int64_t rows) {
    struct chain_mac seal = seal_of(sealer, arena, header_line, header, rows);
    return str_format(arena, "{\"rows\":%lld,\"seal\":\"%.*s\"}", (long long)rows,
                      STR_ARG(base64url_encode(arena, chain_mac_str(&seal))));
}

bool export_trailer_fits(const struct sealer *sealer, struct arena *arena, struct str line, struct str header_line,
                         const struct export_header *header, int64_t rows) {
    return str_equal_secret(line, export_trailer_write(sealer, arena, header_line, header, rows));
}
