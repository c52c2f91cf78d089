/*
 * schemas: schemas.json, compiled into the binary by schemas.py.
 */
#ifndef ENDPOINT_ADMIN_SCHEMAS_H
#define ENDPOINT_ADMIN_SCHEMAS_H

#include "base/str.h"

extern const struct str admin_schemas; /* a JSON object: name → schema (JSON Schema 2020-12) */

#endif
