/*
 * embedded: the files of pages/, assets/ and admin/console/, compiled into the binary by embed.py.
 */
#ifndef ENDPOINT_WEB_EMBEDDED_H
#define ENDPOINT_WEB_EMBEDDED_H

#include "base/str.h"

struct embedded_file {
    const char *name; /* "pages/login.html" */
    struct str text;
};

extern const struct embedded_file embedded_files[];
extern const size_t embedded_file_count;

#endif
