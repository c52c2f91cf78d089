/*
 * Reading the audit trail.
 */
#include "domain/audit_trail.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "change.h"

static struct admin_answer read_rows(struct domain *domain, struct arena *arena, const struct actor *actor,
                                     enum permission permission, const struct audit_filter *filter,
                                     const struct audit_place *after, size_t most, struct audit_row **ret_rows,
                                     size_t *ret_count) {
    struct admin_answer answer;
    return admin_allowed(domain, actor, permission, &answer)
               ? admin_of_sql(audit_rows_search(domain->sql, arena, filter, after, most, ret_rows, ret_count))
               : answer;
}

struct admin_answer audit_trail_search(struct domain *domain, struct arena *arena, const struct actor *actor,
                                       const struct audit_filter *filter, const struct audit_place *after, size_t most,
                                       struct audit_row **ret_rows, size_t *ret_count) {
    return read_rows(domain, arena, actor, MAY_AUDIT_READ, filter, after, most, ret_rows, ret_count);
}

struct admin_answer audit_trail_export(struct domain *domain, struct arena *arena, const struct actor *actor,
                                       const struct audit_filter *filter, const struct audit_place *after, size_t most,
                                       struct audit_row **ret_rows, size_t *ret_count) {
    return read_rows(domain, arena, actor, MAY_AUDIT_EXPORT, filter, after, most, ret_rows, ret_count);
}

struct admin_answer audit_trail_exported(struct domain *domain, struct arena *arena, const struct actor *actor,
                                         const struct audit_filter *filter, int64_t rows) {
    struct buf detail;
    buf_init(&detail, arena, 128, 512);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    if (filter->from_ms > 0) {
        json_put_str(&out, "from", clock_rfc3339(arena, filter->from_ms / 1000));
    }
    if (filter->before_ms > 0) {
        json_put_str(&out, "to", clock_rfc3339(arena, filter->before_ms / 1000));
    }
    json_put_int(&out, "rows", rows);
    json_close_object(&out);
    CHECK(!detail.failed);
    struct event event = event_of_actor(actor, EVENT_AUDIT_EXPORT, STR_NONE);
    event.detail = buf_str(&detail);
    struct change change = {0};
    return change_write(domain, arena, &change, &event);
}
