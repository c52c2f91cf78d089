/*
 * backup_lines: what the writer and the reader of a backup file have in common.
 */
#ifndef COMMAND_BACKUP_LINES_H
#define COMMAND_BACKUP_LINES_H

#include "base/buf.h"

#define BACKUP_FORMAT    1
#define BACKUP_LINE_MOST (64 * 1024 * 1024)

/* The first line of a file of this format and schema, without its end. */
void backup_put_header(struct buf *line);

#endif
