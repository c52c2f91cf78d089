/*
 * spool_folder: the folder of a spool, its lock, its name and its files.
 */
#ifndef AUDIT_SPOOL_FOLDER_H
#define AUDIT_SPOOL_FOLDER_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/str.h"

struct spool_folder;

/* Makes the folder (0700) and its id where they are missing, and locks it. */
bool spool_folder_open(struct str path, struct spool_folder **ret_folder, struct fault *fault);
void spool_folder_close(struct spool_folder *folder);
struct str spool_folder_id(const struct spool_folder *folder);
/* Numbers of the segments, in order. */
bool spool_folder_list(struct spool_folder *folder, struct arena *arena, int64_t **ret_numbers, size_t *ret_count,
                       struct fault *fault);
int64_t spool_folder_size(struct spool_folder *folder, int64_t number); /* 0 also when it cannot be said */
/* A new segment to append to, or one to read; -1 when it cannot be. */
int spool_folder_make(struct spool_folder *folder, int64_t number);
int spool_folder_read(struct spool_folder *folder, int64_t number);
bool spool_folder_remove(struct spool_folder *folder, int64_t number);
bool spool_folder_sync(struct spool_folder *folder);

#endif
