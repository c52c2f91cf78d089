/*
 * mandate: what one person may do for one organisation: as its legal representative, as an administrator whom the
 * representative appointed, or as an agent (经办人) of either; in which client systems, and from when to when.
 */
#ifndef MODEL_MANDATE_H
#define MODEL_MANDATE_H

#include "model/client.h"
#include "model/evidence.h"
#include "model/organisation.h"

/* Stored; never renumber. */
enum mandate_role { MANDATE_REPRESENTATIVE = 1, MANDATE_ADMINISTRATOR = 2, MANDATE_AGENT = 3 };
enum mandate_state { MANDATE_OFFERED = 1, MANDATE_ACCEPTED = 2, MANDATE_ENDED = 3 };

struct str mandate_role_name(enum mandate_role role);    /* "legal_representative", "administrator", "agent" */
struct str mandate_state_name(enum mandate_state state); /* "offered", "accepted", "ended" */
/* The least level of proof that whoever holds it needs. */
int mandate_role_level(enum mandate_role role);
/* May a holder of the first offer the second? An agent passes nothing on. */
bool mandate_role_grants(enum mandate_role holder, enum mandate_role offered);

/*
 * The scope of a mandate is words: "*" for every client system, "client:ID" for one, "agency:ID" for those of an
 * agency; and "matter:CODE" (事项), which say nothing to us: client systems are told of them. Without a matter a scope
 * is for all of them.
 */
#define MANDATE_SCOPE_MOST 2048 /* bytes */
#define MANDATE_WORDS_MOST 50

/* One space between words, none twice, "*" alone of the systems. False when it is too long, holds an unknown kind of
 * word, or names no system at all. */
bool mandate_scope_read(struct arena *arena, struct str typed, struct str *ret_scope);
bool mandate_scope_covers(struct str scope, const struct client *client);
/* Does the first hold whatever the second does, systems and matters? */
bool mandate_scope_within(struct str scope, struct str inner);

/* Somebody acting for an organisation now: what client systems are told of. */
struct acting {
    struct str mandate_id, organisation_id;
    enum mandate_role role;
    struct str scope;
    struct str name, credit_code, type; /* of the organisation; the type may be absent */
    enum organisation_status status;
    struct evidence evidence; /* the register's last word on it; level 0, since it proves nobody */
};

#endif
