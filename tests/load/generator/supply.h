/*
 * supply: what all flows draw from: random texts, running numbers, the next elements of lists, assertions.
 */
#ifndef LOAD_SUPPLY_H
#define LOAD_SUPPLY_H

#include "plan.h"

struct supply;

/* Signs the assertions, which may take seconds. NULL when their key cannot be used. */
struct supply *supply_new(struct arena *arena, const struct plan *plan);
/* Sets the variables that are new for each flow, as far as the plan uses them. */
void supply_new_flow(struct supply *supply, struct values *values);
/* Sets so many assertions aside for a flow that is about to begin; false when there are not that many left. */
bool supply_promise(struct supply *supply, size_t assertions);
/* Sets {assertion} to one that was promised. */
void supply_assertion(struct supply *supply, struct values *values);

#endif
