/*
 * window: what an administrator saw of a person at a service counter (domain-china §7.2, L4): a second one confirms it.
 */
#ifndef MODEL_WINDOW_H
#define MODEL_WINDOW_H

#include "model/evidence.h"

/* The values are stored; never renumber. */
enum window_state { WINDOW_WAITING = 1, WINDOW_CONFIRMED = 2, WINDOW_REFUSED = 3 };
struct str window_state_name(enum window_state state); /* "waiting", "confirmed", "refused" */
bool window_state_of_name(struct str name, enum window_state *ret_state);

/* What was held in the hand: "resident_id_card", "residence_permit", "permanent_residence_card". */
bool window_document_is_known(struct str document);
/* Whether a number of this kind stands on it (domain-china §1.3). */
bool window_document_bears(struct str document, enum id_type type);

#endif
