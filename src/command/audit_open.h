/*
 * audit_open: opens the audit trail of a server process, in a spool that no other process has.
 */
#ifndef COMMAND_AUDIT_OPEN_H
#define COMMAND_AUDIT_OPEN_H

#include "audit/audit.h"

/* `options` as command_audit_options gives them, with database and sealer; they and `arena` must outlive the trail. */
bool command_open_audit(struct arena *arena, struct audit_options *options, struct audit **ret_audit,
                        struct fault *fault);

#endif
