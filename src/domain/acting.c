/*
 * Whom a person acts for, in claims and tokens.
 */
#include "domain/mandates.h"
#include "domain/token.h"

static void put_text(struct json_out *out, const char *name, struct str text) {
    if (!str_is_empty(text)) {
        json_put_str(out, name, text);
    }
}

/* Words of the scope that concern the client system: for which others somebody acts is none of its business. */
static void put_scope(struct json_out *out, struct str scope, const struct client *client) {
    struct str word;
    json_open_array(out, "mandate_scope");
    while (str_next_word(&scope, &word)) {
        if (str_starts(word, STR("matter:")) || mandate_scope_covers(word, client)) {
            json_put_str(out, NULL, word);
        }
    }
    json_close_array(out);
}

void acting_write(struct json_out *out, const char *name, const struct acting *acting, const struct domain *domain,
                  struct arena *arena, const struct client *client) {
    json_open_object(out, name);
    json_put_str(out, "id", organisation_subject(domain, arena, acting->organisation_id, client));
    json_put_str(out, "name", acting->name);
    json_put_str(out, "uscc", acting->credit_code);
    put_text(out, "type", acting->type);
    json_put_str(out, "status", str_from(organisation_status_name(acting->status)));
    json_put_str(out, "role", mandate_role_name(acting->role));
    put_scope(out, acting->scope, client);
    json_close_object(out);
}

void acting_write_facts(struct json_out *out, const struct domain *domain, struct arena *arena,
                        const struct grant *grant, const struct client *client) {
    const struct acting *acting = grant->acting;
    if (acting) {
        json_put_str(out, "cn_org_id", organisation_subject(domain, arena, acting->organisation_id, client));
        json_put_str(out, "cn_role", mandate_role_name(acting->role));
    }
}
