/*
 * options: struct config, made from options.def. Do not include it by itself: config.h does.
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

/* CHOICE options hold the index of the name; log.level and log.format in the order of base/log.h. */
enum { CONFIG_KV_REDIS, CONFIG_KV_MEMORY };
enum { CONFIG_AUDIT_REFUSE, CONFIG_AUDIT_CONTINUE };
enum { CONFIG_SQL_SQLITE, CONFIG_SQL_POSTGRES };

struct config {
#define INT(group, name, standard, least, most, unit, help) int64_t group##_##name;
#define FLAG(group, name, standard, help)                   bool group##_##name;
#define CHOICE(group, name, standard, choices, help)        int64_t group##_##name;
#define TEXT(group, name, standard, kind, help)             struct str group##_##name;
#define LIST(group, name, standard, kind, help)             struct str_list group##_##name;
#include "config/options.def"
#undef INT
#undef FLAG
#undef CHOICE
#undef TEXT
#undef LIST
    const struct config_upstream *upstreams;
    size_t upstream_count;
    int registration_upstream_line; /* whose entry is looked at when the services are opened; 0 without */
};

#endif
