/*
 * The names of operating statuses.
 */
#include "model/organisation.h"

const char *organisation_status_name(enum organisation_status status) {
    static const char *const names[ORGANISATION_STATUSES] = {
        [ORGANISATION_UNKNOWN] = "unknown",     [ORGANISATION_OPERATING] = "operating",
        [ORGANISATION_CANCELLED] = "cancelled", [ORGANISATION_REVOKED] = "revoked",
        [ORGANISATION_WITHDRAWN] = "withdrawn", [ORGANISATION_MOVED] = "moved",
        [ORGANISATION_FOUNDING] = "founding",   [ORGANISATION_LIQUIDATING] = "liquidating",
        [ORGANISATION_CLOSED] = "closed",
    };
    return names[status];
}
