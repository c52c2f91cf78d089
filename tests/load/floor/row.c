/*
 * One account's row, read by its primary key and decrypted, as userinfo needs it.
 */
#include "floor.h"

#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdlib.h>

#define SEALED_SIZE 64

static sqlite3_stmt *statement;
static EVP_CIPHER *gcm;

static void need(bool fine) {
    if (!fine) {
        abort();
    }
}

void row_init(const char *path) {
    sqlite3 *db;
    need(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) ==
         SQLITE_OK);
    need(
        sqlite3_exec(
            db,
            "PRAGMA journal_mode=WAL; CREATE TABLE accounts (account_id TEXT PRIMARY KEY, state INTEGER, level INTEGER,"
            " level_until INTEGER, created_at INTEGER, updated_at INTEGER, profile_sealed BLOB);"
            "INSERT INTO accounts VALUES ('account000000000000000', 0, 2, 0, 1, 1, zeroblob(64))",
            NULL, NULL, NULL) == SQLITE_OK);
    need(sqlite3_prepare_v3(db, "SELECT * FROM accounts WHERE account_id = ?", -1, SQLITE_PREPARE_PERSISTENT,
                            &statement, NULL) == SQLITE_OK);
    gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    need(gcm);
}

/* Whether the tag fits is of no interest: the work is the same. */
void row_read(void) {
    static const unsigned char key[32], nonce[12];
    static unsigned char tag[16];
    unsigned char plain[SEALED_SIZE];
    int len;
    sqlite3_bind_text(statement, 1, "account000000000000000", -1, SQLITE_STATIC);
    need(sqlite3_step(statement) == SQLITE_ROW);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    need(EVP_DecryptInit_ex2(ctx, gcm, key, nonce, NULL) == 1 &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1 &&
         EVP_DecryptUpdate(ctx, plain, &len, sqlite3_column_blob(statement, 6), SEALED_SIZE) == 1);
    EVP_DecryptFinal_ex(ctx, plain + len, &len);
    EVP_CIPHER_CTX_free(ctx);
    sqlite3_reset(statement);
}
