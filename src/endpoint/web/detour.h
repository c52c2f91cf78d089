/*
 * detour: the browser's way to another identity service and back. What is needed then travels sealed in a cookie of the
 * browser: nothing is stored for somebody who has not signed in, and only the browser that left can come back. The
 * service's own answer decides; what the browser brings is a hint. A browser is on one detour at a time: a new one
 * takes the place of the last.
 *
 * A purpose is one entry of the table in detour_purposes.c: what happens with the answer.
 */
#ifndef ENDPOINT_WEB_DETOUR_H
#define ENDPOINT_WEB_DETOUR_H

#include "../call.h"
#include "domain/flow.h"
#include "domain/proofs.h"

enum detour_purpose {
    DETOUR_SIGN_IN = 1,         /* whoever comes back signs in, or links an account, or opens one */
    DETOUR_STEP_UP = 2,         /* the signed-in person proves more of themselves, in a flow */
    DETOUR_LINK = 3,            /* the signed-in person links the service to their account: no flow */
    DETOUR_RECOVER = 4,         /* a person without their password proves who they are */
    DETOUR_MERGE = 5,           /* the signed-in person proves to be the owner of another account too */
    DETOUR_RECOVER_SERVICE = 6, /* as DETOUR_RECOVER, by a sign-in service that is linked */
};

struct detour {
    enum detour_purpose purpose;
    struct upstream *upstream;
    struct str sealed_flow; /* of DETOUR_SIGN_IN, DETOUR_STEP_UP; absent otherwise */
    struct str account_id;  /* whom it is about; absent for DETOUR_SIGN_IN */
    struct str extra;       /* the purpose's own, at most 512 bytes; may be absent */

    /* set by detour_go */
    struct str transaction;
    struct str kept;
    struct str url;    /* of the service */
    bool other_device; /* url may be opened on another device */
    int64_t started_at;
};

/* What a service said when the browser was there. */
struct detour_end {
    struct detour *detour;
    enum verify_result result;   /* of a sign-in: of upstream_finish */
    struct upstream_found found; /* of a sign-in */
    enum proof_result proof;     /* of a presence check: of proof_finish */
    unsigned amr;                /* of a presence check: what the person did there */
};

/*
 * Begins at the service and answers with a redirect to it, or, where it is for another device, with the page that shows
 * its QR code. The account is whom a presence check is about, and NULL for a sign-in. PROOF_PENDING when begun; on
 * anything else there is nothing in the reply. Waits.
 */
enum proof_result detour_go(struct call *call, struct detour *detour, const struct account *account);

/* One entry of the table. */
struct detour_handler {
    enum detour_purpose purpose;
    const char *back; /* the page where another way is taken; with the flow, where there is one */
    bool presence;    /* the service is asked about the account's person, not who it is */
    /* Who comes through it has the account. Where the check is done on this device, only the service's page knows what
     * to come back with, and tells it to the browser of who was seen: one that comes back too early is done, so that
     * whoever began it cannot learn that beforehand and have somebody else be seen afterwards. */
    bool takes_account;
    /* Answers the request with what follows. Waits. */
    void (*ended)(struct call *call, struct detour_end *end);
};
extern const struct detour_handler detour_handlers[];
extern const size_t detour_handler_count;

void sign_in_service_ended(struct call *call, struct detour_end *end);
void step_up_ended(struct call *call, struct detour_end *end);
void link_ended(struct call *call, struct detour_end *end);
void merge_ended(struct call *call, struct detour_end *end);
void recover_presence_ended(struct call *call, struct detour_end *end);
void recover_service_ended(struct call *call, struct detour_end *end);

#endif
