/*
 * The audit trail of a server process. Each process has a spool of its own. Where none is named, a second server on the
 * same host and database takes the next free one beside the usual place, and whoever starts takes over what processes
 * that are gone have left in theirs.
 */
#include "audit_open.h"

#include "base/log.h"

#include <sys/stat.h>

#define SPOOLS_MOST 16

static struct str sibling(struct arena *arena, struct str folder, int number) {
    return number == 1 ? folder : str_format(arena, "%.*s-%d", STR_ARG(folder), number);
}

static bool exists(struct arena *arena, struct str folder) {
    struct stat status;
    return stat(str_c(arena, folder), &status) == 0;
}

/* Opening and closing takes over what is there. It can wait for the next start where it cannot be done. */
static void take_over(struct arena *arena, const struct audit_options *options, struct str usual) {
    for (int number = 1; number <= SPOOLS_MOST; number++) {
        struct audit_options left = *options;
        struct audit *audit;
        struct fault fault;
        left.folder = sibling(arena, usual, number);
        if (str_equal(left.folder, options->folder) || !exists(arena, left.folder) ||
            !audit_folder_is_free(left.folder)) {
            continue;
        }
        if (audit_open(&left, &audit, &fault)) {
            audit_close(audit);
        } else {
            log_warn("audit.not_taken_over", log_text("reason", fault.text));
        }
    }
}

bool command_open_audit(struct arena *arena, struct audit_options *options, struct audit **ret_audit,
                        struct fault *fault) {
    struct str usual = options->folder;
    bool named = !str_is_absent(options->node); /* one chain, one process */
    for (int number = 1; !named && number <= SPOOLS_MOST; number++) {
        options->folder = sibling(arena, usual, number);
        if (audit_folder_is_free(options->folder)) {
            break;
        }
    }
    if (!audit_open(options, ret_audit, fault)) {
        return false;
    }
    if (!named) {
        take_over(arena, options, usual);
    }
    return true;
}
