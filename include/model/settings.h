/*
 * settings: the values of settings.def, read once into a struct.
 */
#ifndef MODEL_SETTINGS_H
#define MODEL_SETTINGS_H

#include "base/str.h"

struct settings {
#define FLAG(name, default_value, help)                      bool name;
#define NUMBER(name, default_value, least, most, unit, help) int64_t name;
#include "model/settings.def"
#undef FLAG
#undef NUMBER
};

struct setting_rule {
    struct str name, help, unit;
    bool is_flag;
    int64_t default_value, least, most;
};
#define SETTINGS_MOST 32
extern const struct setting_rule setting_rules[];
extern const size_t setting_count;

void settings_init(struct settings *settings); /* the defaults */
/* False: no such setting, or out of range; nothing is changed. */
bool settings_put(struct settings *settings, struct str name, int64_t value);
int64_t settings_value(const struct settings *settings, size_t rule);

#endif
