/* Runs a fuzzer over every file of the folders it is given, whole and cut short. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MOST (1 << 20)

static void replay(const char *path) {
    /* On the heap and of the exact size, so that the sanitizer sees a read past the end. */
    FILE *file = fopen(path, "re");
    CHECK(file);
    unsigned char *all = check_malloc(FILE_MOST);
    size_t size = fread(all, 1, FILE_MOST, file);
    fclose(file);
    for (size_t len = 0; len <= size; len += len < 256 || len == size ? 1 : size - len < 64 ? size - len : 64) {
        unsigned char *data = check_malloc(len + (len == 0));
        memcpy(data, all, len);
        LLVMFuzzerTestOneInput(data, len);
        free(data);
    }
    free(all);
}

int main(int argc, char **argv) {
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        struct dirent **entries;
        int found = scandir(argv[i], &entries, NULL, alphasort);
        for (int e = 0; e < found; e++) {
            char path[512];
            if (entries[e]->d_name[0] != '.' &&
                (size_t)snprintf(path, sizeof(path), "%s/%s", argv[i], entries[e]->d_name) < sizeof(path)) {
                replay(path);
                count++;
            }
            free(entries[e]);
        }
        if (found >= 0) {
            free(entries);
        }
    }
    printf("%zu files\n", count);
    return count > 0 ? 0 : 1;
}
