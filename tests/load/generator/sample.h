/*
 * sample: a few captured values out of many, each with the same chance, whatever their number turns out to be
 * (reservoir sampling: the n-th value takes the place of another with the chance most/n).
 */
#ifndef LOAD_SAMPLE_H
#define LOAD_SAMPLE_H

#include "plan.h"

struct sample;

/* NULL when the plan wants none. */
struct sample *sample_new(struct arena *arena, const struct plan *plan);
/* `which` is an index into plan->sampled. The text is copied if it is taken. */
void sample_offer(struct sample *sample, size_t which, struct str text);
/* Writes the plan's file; false with errno when it cannot be written. NULL is fine. */
bool sample_write(const struct sample *sample);

#endif
