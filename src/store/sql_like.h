/*
 * sql_like: the pattern for LIKE … ESCAPE '\' that finds a text anywhere: % and _ of what was typed are letters.
 */
#ifndef STORE_SQL_LIKE_H
#define STORE_SQL_LIKE_H

#include "base/arena.h"
#include "base/str.h"

struct str sql_like(struct arena *arena, struct str text);

#endif
