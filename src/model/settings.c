/*
 * The table of settings and their values.
 */
#include "model/settings.h"

#include "base/check.h"

#include <stddef.h>

const struct setting_rule setting_rules[] = {
#define FLAG(name, default_value, help) {STR_INIT(#name), STR_INIT(help), STR_INIT(""), true, default_value, 0, 1},
#define NUMBER(name, default_value, least, most, unit, help)                                                           \
    {STR_INIT(#name), STR_INIT(help), STR_INIT(unit), false, default_value, least, most},
#include "model/settings.def"
#undef FLAG
#undef NUMBER
};
const size_t setting_count = ARRAY_LEN(setting_rules);
_Static_assert(ARRAY_LEN(setting_rules) <= SETTINGS_MOST, "raise SETTINGS_MOST");

void settings_init(struct settings *settings) {
    *settings = (struct settings){
#define FLAG(name, default_value, help)                      .name = default_value,
#define NUMBER(name, default_value, least, most, unit, help) .name = default_value,
#include "model/settings.def"
#undef FLAG
#undef NUMBER
    };
}

/* One place each, in the order of the rules. */
static void put(struct settings *settings, size_t rule, int64_t value) {
    size_t at = 0;
#define FLAG(name, default_value, help)                                                                                \
    if (at++ == rule) {                                                                                                \
        settings->name = value != 0;                                                                                   \
    }
#define NUMBER(name, default_value, least, most, unit, help)                                                           \
    if (at++ == rule) {                                                                                                \
        settings->name = value;                                                                                        \
    }
#include "model/settings.def"
#undef FLAG
#undef NUMBER
}

bool settings_put(struct settings *settings, struct str name, int64_t value) {
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting_rule *rule = &setting_rules[i];
        if (str_equal(rule->name, name)) {
            bool fits = value >= rule->least && value <= rule->most;
            if (fits) {
                put(settings, i, value);
            }
            return fits;
        }
    }
    return false;
}

int64_t settings_value(const struct settings *settings, size_t rule) {
    const int64_t values[] = {
#define FLAG(name, default_value, help)                      settings->name,
#define NUMBER(name, default_value, least, most, unit, help) settings->name,
#include "model/settings.def"
#undef FLAG
#undef NUMBER
    };
    CHECK(rule < ARRAY_LEN(values));
    return values[rule];
}
