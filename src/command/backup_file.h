/*
 * backup_file: the portable form of the durable store, the same for every database: one JSON value a line.
 *
 *   {"tongxing":"backup","format":1,"schema":2,"tables":[["accounts","account_id, state, …"],…]}
 *   ["accounts","h1Ckq…",1,2,0,1767578523,1767578523,{"base64url":"AP8"}]      a row: its table, then its columns;
 *                                                                            text, numbers, null, bytes
 *   {"rows":1,"sha256":"9f86d0…"}          of all the lines before, ends of lines included
 *
 * Nothing is left out at the end that the last line does not notice.
 */
#ifndef COMMAND_BACKUP_FILE_H
#define COMMAND_BACKUP_FILE_H

#include "base/fault.h"
#include "store/copy.h"

/* --- writing: to a file of another name, for its owner only, that takes its place when it is whole and on the disk ---
 */

struct backup_writer;
bool backup_writer_open(const char *path, struct backup_writer **ret_writer, struct fault *fault);
bool backup_writer_row(struct backup_writer *writer, size_t table, const struct sql_value *cells, struct fault *fault);
/* Writes the last line and puts the file in its place. */
bool backup_writer_finish(struct backup_writer *writer, int64_t *ret_rows, struct fault *fault);
/* Takes away what is not finished. */
void backup_writer_free(struct backup_writer *writer);

/* --- reading --- */

struct backup_reader;
/* Reads the first line: another format or schema version is a fault. */
bool backup_reader_open(const char *path, struct backup_reader **ret_reader, struct fault *fault);
/* A fault names the line. SQL_COPY_END only when the last line was right. The cells are valid until the next call. */
enum sql_copy_next backup_reader_row(struct backup_reader *reader, size_t *ret_table, struct sql_value *cells,
                                     struct fault *fault);
int64_t backup_reader_rows(const struct backup_reader *reader);
void backup_reader_free(struct backup_reader *reader);

#endif
