/*
 * capture: taking a text out of an answer into a variable.
 */
#ifndef LOAD_CAPTURE_H
#define LOAD_CAPTURE_H

#include "answer.h"
#include "plan.h"

/* False when there is nothing to take; the variable then keeps what it had. */
bool capture_take(const struct capture *capture, const struct answer *answer, struct values *values);

/* The value of the first <input> of that name (HTML Living Standard, §13.1.2), its character references decoded, into
 * the variable. */
bool capture_html(struct str page, struct str name, struct values *values, size_t variable);

#endif
