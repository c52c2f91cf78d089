/*
 * own_inside: what the files of own.h share.
 */
#ifndef DOMAIN_OWN_INSIDE_H
#define DOMAIN_OWN_INSIDE_H

#include "domain/own.h"
#include "model/event.h"

/* The event of a person's doing on their own account. */
static inline struct event own_event(const struct own *own, enum event_kind kind) {
    return (struct event){.kind = kind,
                          .result = EVENT_DONE,
                          .actor = own->account_id,
                          .subject = own->account_id,
                          .session_id = own->session_id,
                          .address = own->address};
}

#endif
