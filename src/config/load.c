/*
 * From the tree of a configuration file to struct config, by the options table.
 */
#include "base/buf.h"
#include "base/byte.h"
#include "base/check.h"
#include "config/yaml.h"

#include <limits.h>

enum option_type { TYPE_INT, TYPE_FLAG, TYPE_CHOICE, TYPE_TEXT, TYPE_LIST };
enum text_kind { PLAIN, PATH, SECRET, URL, NAME, WORDS, NETWORKS, ALGS };
#define REQUIRED  "\x01"
#define NAME_MOST 64

struct option {
    const char *group, *name;
    enum option_type type;
    size_t offset;
    int64_t number, least, most; /* INT, FLAG */
    const char *text;            /* default of the others; NULL for none */
    const char *choices;
    enum text_kind kind;
    const char *unit, *help;
};

#define AT(group, name)     #group, #name
#define OFFSET(group, name) offsetof(struct config, group##_##name)
static const struct option options[] = {
#define INT(group, name, standard, low, high, u, h)                                                                    \
    {AT(group, name), TYPE_INT,     OFFSET(group, name), .number = standard,                                           \
     .least = low,    .most = high, .unit = u,           .help = h},
#define FLAG(group, name, standard, h) {AT(group, name), TYPE_FLAG, OFFSET(group, name), .number = standard, .help = h},
#define CHOICE(group, name, standard, c, h)                                                                            \
    {AT(group, name), TYPE_CHOICE, OFFSET(group, name), .text = standard, .choices = c, .help = h},
#define TEXT(group, name, standard, k, h)                                                                              \
    {AT(group, name), TYPE_TEXT, OFFSET(group, name), .text = standard, .kind = k, .help = h},
#define LIST(group, name, standard, k, h)                                                                              \
    {AT(group, name), TYPE_LIST, OFFSET(group, name), .text = standard, .kind = k, .help = h},
#include "config/options.def"
#undef INT
#undef FLAG
#undef CHOICE
#undef TEXT
#undef LIST
};

struct loading {
    struct arena *arena;
    struct str file, folder;
    struct config *config;
    struct config_problems *problems;
    struct str option; /* being read */
    int line;
};

#define problem(loading, ...)                                                                                          \
    config_problem_add((loading)->problems, (loading)->file, (loading)->line, (loading)->option, __VA_ARGS__)

static void *place(const struct loading *loading, const struct option *option) {
    return (char *)loading->config + option->offset;
}

/* --- values --- */

static int64_t choice_index(const char *choices, struct str text) {
    struct str left = str_from(choices);
    for (int64_t i = 0; !str_is_absent(left); i++) {
        if (str_equal(str_cut(left, '|', &left), text)) {
            return i;
        }
    }
    return -1;
}

static struct str in_folder(const struct loading *loading, struct str path) {
    bool absolute = path.len > 0 && path.ptr[0] == '/';
    return absolute ? path : str_format(loading->arena, "%.*s/%.*s", STR_ARG(loading->folder), STR_ARG(path));
}

static bool is_loopback_host(struct str host) {
    return str_equal(host, STR("localhost")) || str_starts(host, STR("127.")) || str_equal(host, STR("[::1]"));
}

/* OpenID Connect Discovery §3: https and neither query nor fragment. A path is not served: one server has one issuer.
 */
static void check_issuer(struct loading *loading, struct str url) {
    struct str rest = url;
    bool secure = str_drop_prefix(&rest, STR("https://"));
    bool plain = !secure && str_drop_prefix(&rest, STR("http://"));
    struct str colon = rest;
    struct str host =
        rest.len > 0 && rest.ptr[0] == '[' ? str_sub(rest, 0, rest.len < 5 ? rest.len : 5) : str_cut(rest, ':', &colon);
    bool clean = rest.len > 0;
    for (size_t i = 0; i < rest.len; i++) {
        char c = rest.ptr[i];
        clean = clean && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || str_contains(STR("-.:[]"), c));
    }
    if (!clean || (!secure && !plain)) {
        problem(loading, "must be https:// and a host in lower case, with nothing behind it but a port");
    } else if (plain && !is_loopback_host(host)) {
        problem(loading, "must be https: http is for localhost only");
    }
}

static bool is_alg(struct str word) {
    return choice_index("ES256|RS256|PS256|EdDSA", word) >= 0;
}

/* Only the form of an address or network; http reads it exactly. */
static bool is_network(struct str word) {
    bool fine = word.len > 0;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        fine = fine && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
                        c == ':' || c == '/');
    }
    return fine;
}

static void check_list(struct loading *loading, const struct option *option, const struct str_list *list) {
    bool es256 = false;
    for (size_t i = 0; i < list->count; i++) {
        if (option->kind == ALGS && !is_alg(list->items[i])) {
            problem(loading, "%.*s is not one of ES256, RS256, PS256, EdDSA", STR_ARG(list->items[i]));
        } else if (option->kind == NETWORKS && !is_network(list->items[i])) {
            problem(loading, "%.*s is not an address or network", STR_ARG(list->items[i]));
        } else if (option->kind == WORDS && !str_contains(list->items[i], ':')) {
            problem(loading, "%.*s is not host:port", STR_ARG(list->items[i]));
        }
        es256 = es256 || str_equal(list->items[i], STR("ES256"));
    }
    if (option->kind == ALGS && !es256) {
        problem(loading, "must hold ES256, which is the default of clients");
    }
}

static void read_int(struct loading *loading, const struct option *option, const struct yaml *node) {
    int64_t number;
    if (!str_to_i64(node->text, &number)) {
        problem(loading, "must be a whole number");
    } else if (number < option->least || number > option->most) {
        problem(loading, "is %lld, must be between %lld and %lld", (long long)number, (long long)option->least,
                (long long)option->most);
    } else {
        *(int64_t *)place(loading, option) = number;
    }
}

static void read_flag(struct loading *loading, const struct option *option, const struct yaml *node) {
    if (str_equal(node->text, STR("true")) || str_equal(node->text, STR("false"))) {
        *(bool *)place(loading, option) = node->text.len == 4;
    } else {
        problem(loading, "must be true or false");
    }
}

static void read_choice(struct loading *loading, const struct option *option, const struct yaml *node) {
    int64_t index = choice_index(option->choices, node->text);
    if (index < 0) {
        problem(loading, "is %.*s, must be one of %s", STR_ARG(node->text), option->choices);
    } else {
        *(int64_t *)place(loading, option) = index;
    }
}

static void check_name(struct loading *loading, struct str name) {
    bool fine = name.len <= NAME_MOST;
    for (size_t i = 0; i < name.len; i++) {
        fine = fine && byte_is((unsigned char)name.ptr[i], BYTE_UNRESERVED) && name.ptr[i] != '~';
    }
    if (!fine) {
        problem(loading, "must be at most %d letters, digits, '.', '_' and '-'", NAME_MOST);
    }
}

static void read_text(struct loading *loading, const struct option *option, const struct yaml *node) {
    if (str_is_empty(node->text)) {
        problem(loading, "is empty");
        return;
    }
    if (option->kind == URL) {
        check_issuer(loading, node->text);
    } else if (option->kind == NAME) {
        check_name(loading, node->text);
    }
    *(struct str *)place(loading, option) = option->kind == PATH ? in_folder(loading, node->text) : node->text;
}

static void read_list(struct loading *loading, const struct option *option, const struct yaml *node) {
    struct str *items = arena_array_of(loading->arena, node->count + 1, struct str);
    for (size_t i = 0; i < node->count; i++) {
        if (node->items[i]->kind != YAML_SCALAR) {
            problem(loading, "must be a list of words");
            return;
        }
        items[i] = node->items[i]->text;
    }
    const struct str_list list = {items, node->count};
    check_list(loading, option, &list);
    *(struct str_list *)place(loading, option) = list;
}

static void read_option(struct loading *loading, const struct option *option, const struct yaml *node) {
    if ((option->type == TYPE_LIST) != (node->kind == YAML_LIST) || node->kind == YAML_MAP) {
        problem(loading, option->type == TYPE_LIST ? "must be a list" : "must be one value");
        return;
    }
    switch (option->type) {
    case TYPE_INT:
        read_int(loading, option, node);
        break;
    case TYPE_FLAG:
        read_flag(loading, option, node);
        break;
    case TYPE_CHOICE:
        read_choice(loading, option, node);
        break;
    case TYPE_TEXT:
        read_text(loading, option, node);
        break;
    case TYPE_LIST:
        read_list(loading, option, node);
        break;
    }
}

/* --- defaults --- */

static struct str_list words_of(struct arena *arena, const char *text) {
    struct str *items = arena_array_of(arena, strlen(text) + 1, struct str);
    struct str left = str_from(text), word;
    size_t count = 0;
    while (str_next_word(&left, &word)) {
        items[count++] = word;
    }
    return (struct str_list){items, count};
}

static void set_default(struct loading *loading, const struct option *option) {
    switch (option->type) {
    case TYPE_INT:
        *(int64_t *)place(loading, option) = option->number;
        break;
    case TYPE_FLAG:
        *(bool *)place(loading, option) = option->number != 0;
        break;
    case TYPE_CHOICE:
        *(int64_t *)place(loading, option) = choice_index(option->choices, str_from(option->text));
        break;
    case TYPE_TEXT:
        *(struct str *)place(loading, option) =
            option->text && *option->text != *REQUIRED ? str_from(option->text) : STR_NONE;
        break;
    case TYPE_LIST:
        *(struct str_list *)place(loading, option) = words_of(loading->arena, option->text);
        break;
    }
}

static void check_required(struct loading *loading) {
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        const struct option *option = &options[i];
        bool required = option->type == TYPE_TEXT && option->text && *option->text == *REQUIRED;
        if (required && str_is_absent(*(struct str *)place(loading, option))) {
            loading->line = 0;
            loading->option = str_format(loading->arena, "%s.%s", option->group, option->name);
            problem(loading, "is missing");
        }
    }
}

/* --- groups --- */

/* A name is a source of evidence, the value of a button and part of the ids of a page: it cannot be one that we have
 * there ourselves. */
static void check_upstream_name(struct loading *loading, struct str name) {
    static const struct str taken[] = {STR_INIT("otp"), STR_INIT("window"), STR_INIT("operator"), STR_INIT("way")};
    bool is_taken = str_starts(name, STR("way-"));
    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        is_taken = is_taken || str_equal(name, taken[i]);
    }
    if (is_taken) {
        problem(loading, "is a name of our own: otp, window, operator, way and way-… are");
    } else if (name.len == 0 || str_contains(STR("._-"), name.ptr[0])) {
        problem(loading, "must begin with a letter or a digit");
    } else {
        check_name(loading, name);
    }
}

static void read_upstream(struct loading *loading, struct str name, const struct yaml *node,
                          struct config_upstream *upstream) {
    const struct {
        const char *name;
        struct str *text;
        int64_t *number, least, most;
    } members[] = {
        {"adapter", &upstream->adapter, NULL, 0, 0},
        {"url", &upstream->url, NULL, 0, 0},
        {"app_id", &upstream->app_id, NULL, 0, 0},
        {"secret", &upstream->secret, NULL, 0, 0},
        {"timeout_ms", NULL, &upstream->timeout_ms, 50, 60000},
        {"concurrent", NULL, &upstream->concurrent, 1, 10000},
        {"breaker_errors", NULL, &upstream->breaker_errors, 1, 1000},
        {"breaker_ms", NULL, &upstream->breaker_ms, 100, 600000},
        {"evidence_days", NULL, &upstream->evidence_days, 0, 36500},
        {"recheck_days", NULL, &upstream->recheck_days, 0, 36500},
        {"title", &upstream->title, NULL, 0, 0},
        {"title_en", &upstream->title_en, NULL, 0, 0},
    };
    *upstream = (struct config_upstream){.name = name,
                                         .timeout_ms = 3000,
                                         .concurrent = 200,
                                         .breaker_errors = 5,
                                         .breaker_ms = 10000,
                                         .file = loading->file,
                                         .folder = loading->folder,
                                         .entry = node,
                                         .line = node->line};
    for (size_t i = 0; i < node->count; i++) {
        size_t m = 0;
        loading->line = node->items[i]->line;
        loading->option = str_format(loading->arena, "upstreams.%.*s.%.*s", STR_ARG(name), STR_ARG(node->names[i]));
        while (m < ARRAY_LEN(members) && !str_equal(str_from(members[m].name), node->names[i])) {
            m++;
        }
        if (m == ARRAY_LEN(members)) {
            continue; /* the adapter's own, which it looks at */
        }
        if (node->items[i]->kind != YAML_SCALAR || str_is_empty(node->items[i]->text)) {
            problem(loading, "must be one value");
        } else if (members[m].text) {
            *members[m].text = node->items[i]->text;
        } else if (!str_to_i64(node->items[i]->text, members[m].number) || *members[m].number < members[m].least ||
                   *members[m].number > members[m].most) {
            problem(loading, "must be between %lld and %lld", (long long)members[m].least, (long long)members[m].most);
        }
    }
    loading->line = node->line;
    loading->option = str_format(loading->arena, "upstreams.%.*s", STR_ARG(name));
    if (str_is_absent(upstream->adapter)) {
        problem(loading, "needs an adapter");
    }
}

static void read_upstreams(struct loading *loading, const struct yaml *node) {
    struct config_upstream *upstreams = arena_array_of(loading->arena, node->count + 1, struct config_upstream);
    for (size_t i = 0; i < node->count; i++) {
        loading->line = node->items[i]->line;
        loading->option = str_format(loading->arena, "upstreams.%.*s", STR_ARG(node->names[i]));
        check_upstream_name(loading, node->names[i]);
        if (node->items[i]->kind != YAML_MAP) {
            problem(loading, "must be a group of options");
            continue;
        }
        read_upstream(loading, node->names[i], node->items[i], &upstreams[loading->config->upstream_count++]);
    }
    loading->config->upstreams = upstreams;
}

static const struct option *option_find(struct str group, struct str name) {
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (str_equal(str_from(options[i].group), group) && str_equal(str_from(options[i].name), name)) {
            return &options[i];
        }
    }
    return NULL;
}

static void read_group(struct loading *loading, struct str group, const struct yaml *node) {
    for (size_t i = 0; i < node->count; i++) {
        const struct option *option = option_find(group, node->names[i]);
        loading->line = node->items[i]->line;
        loading->option = str_format(loading->arena, "%.*s.%.*s", STR_ARG(group), STR_ARG(node->names[i]));
        if (option) {
            read_option(loading, option, node->items[i]);
        } else {
            problem(loading, "is not an option");
        }
    }
}

static bool is_group(struct str name) {
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (str_equal(str_from(options[i].group), name)) {
            return true;
        }
    }
    return false;
}

static void read_groups(struct loading *loading, const struct yaml *root) {
    for (size_t i = 0; i < root->count; i++) {
        loading->line = root->items[i]->line;
        loading->option = root->names[i];
        bool upstreams = str_equal(root->names[i], STR("upstreams"));
        if (!upstreams && !is_group(root->names[i])) {
            problem(loading, "is not a group of options");
        } else if (root->items[i]->kind != YAML_MAP) {
            problem(loading, "must be a group of options");
        } else if (upstreams) {
            read_upstreams(loading, root->items[i]);
        } else {
            read_group(loading, root->names[i], root->items[i]);
        }
    }
}

/* --- rules about several options --- */

static int line_of(const struct yaml *root, const char *group) {
    const struct yaml *node = yaml_member(root, group);
    return node ? node->line : 0;
}

static bool has_upstream(const struct config *config, struct str name) {
    for (size_t i = 0; i < config->upstream_count; i++) {
        if (str_equal(config->upstreams[i].name, name)) {
            return true;
        }
    }
    return false;
}

static void check_together(struct loading *loading, const struct yaml *root) {
    const struct config *config = loading->config;
    loading->line = line_of(root, "listen");
    loading->option = STR("listen.tls_key");
    if (str_is_absent(config->listen_tls_certificate) != str_is_absent(config->listen_tls_key)) {
        problem(loading, "and listen.tls_certificate are given together or not at all");
    }
    loading->line = line_of(root, "sql");
    loading->option = STR("sql.path");
    if (config->sql_driver == CONFIG_SQL_SQLITE && str_is_absent(config->sql_path)) {
        problem(loading, "is missing: sql.driver sqlite needs a file");
    }
    loading->option = STR("sql.conninfo");
    if (config->sql_driver == CONFIG_SQL_POSTGRES && str_is_absent(config->sql_conninfo)) {
        problem(loading, "is missing: sql.driver postgres needs to know where the database is");
    }
    loading->line = line_of(root, "registration");
    loading->option = STR("registration.upstream");
    const struct yaml *upstream = yaml_member(yaml_member(root, "registration"), "upstream");
    loading->config->registration_upstream_line = loading->line = upstream ? upstream->line : loading->line;
    if (config->registration_enabled && str_is_absent(config->registration_upstream)) {
        problem(loading, "is missing: registration.enabled needs a register to check with");
    } else if (config->registration_enabled && !has_upstream(config, config->registration_upstream)) {
        problem(loading, "names no entry of upstreams");
    }
    loading->line = line_of(root, "lifetimes");
    loading->option = STR("lifetimes.session_idle_s");
    if (config->lifetimes_session_idle_s > config->lifetimes_session_s) {
        problem(loading, "is longer than lifetimes.session_s");
    }
}

/* The spool stands beside SQLite's database, else beside the keys: both have to be on a disk that keeps as well. */
static void set_audit_folder(struct loading *loading) {
    struct config *config = loading->config;
    struct str beside = config->sql_driver == CONFIG_SQL_SQLITE ? config->sql_path : config->keys_folder;
    if (str_is_absent(config->audit_folder) && !str_is_absent(beside)) {
        config->audit_folder = str_format(loading->arena, "%.*s.spool", STR_ARG(beside));
    }
}

static struct str folder_of(struct arena *arena, struct str path) {
    size_t slash = path.len;
    while (slash > 0 && path.ptr[slash - 1] != '/') {
        slash--;
    }
    return slash == 0 ? STR(".") : slash == 1 ? STR("/") : str_dup(arena, str_sub(path, 0, slash - 1));
}

bool config_load(struct arena *arena, struct str path, struct config *ret_config,
                 struct config_problems *ret_problems) {
    const struct yaml *root;
    struct config config = {0};
    struct loading loading = {
        .arena = arena, .file = path, .folder = folder_of(arena, path), .config = &config, .problems = ret_problems};
    size_t before = ret_problems->count;
    ret_problems->arena = arena;
    if (!yaml_load(arena, path, &root, ret_problems)) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        set_default(&loading, &options[i]);
    }
    if (root->kind != YAML_MAP) {
        loading.line = root->line;
        problem(&loading, "must be groups of options");
        return false;
    }
    read_groups(&loading, root);
    check_required(&loading);
    check_together(&loading, root);
    set_audit_folder(&loading);
    *ret_config = config;
    return ret_problems->count == before;
}

/* --- the reference --- */

static void put_default(struct buf *buf, const struct option *option) {
    switch (option->type) {
    case TYPE_INT:
        buf_put_i64(buf, option->number);
        break;
    case TYPE_FLAG:
        buf_put(buf, option->number ? STR("true") : STR("false"));
        break;
    case TYPE_CHOICE:
        buf_put(buf, str_from(option->text));
        break;
    case TYPE_TEXT:
        buf_put(buf, !option->text || *option->text == *REQUIRED ? STR("") : str_from(option->text));
        break;
    case TYPE_LIST:
        buf_putc(buf, '[');
        for (const char *c = option->text; *c; c++) {
            buf_put(buf, *c == ' ' ? STR(", ") : str_of(c, 1));
        }
        buf_putc(buf, ']');
        break;
    }
}

static void put_range(struct buf *buf, const struct option *option) {
    if (option->type == TYPE_INT) {
        buf_printf(buf, " (%lld to %lld%s%s)", (long long)option->least, (long long)option->most,
                   *option->unit ? " " : "", option->unit);
    } else if (option->type == TYPE_CHOICE) {
        buf_printf(buf, " (%s)", option->choices);
    } else if (option->type == TYPE_TEXT && option->text && *option->text == *REQUIRED) {
        buf_puts(buf, " (required)");
    }
}

void config_write_reference(struct buf *buf) {
    const char *group = "";
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        const struct option *option = &options[i];
        if (strcmp(group, option->group) != 0) {
            buf_printf(buf, "%s%s:\n", i > 0 ? "\n" : "", option->group);
            group = option->group;
        }
        bool none = option->type == TYPE_TEXT && (!option->text || *option->text == *REQUIRED);
        buf_printf(buf, "  # %s", option->help);
        put_range(buf, option);
        buf_printf(buf, "\n  %s%s: ", none ? "# " : "", option->name);
        put_default(buf, option);
        buf_putc(buf, '\n');
    }
}
