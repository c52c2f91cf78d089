/*
 * expect: is an answer what its step expects?
 */
#ifndef LOAD_EXPECT_H
#define LOAD_EXPECT_H

#include "answer.h"
#include "plan.h"

/* Captures on the way. False with what is wrong in `problem`. */
bool expect_answer(const struct plan *plan, const struct step *step, const struct answer *answer, struct values *values,
                   char *problem, size_t size);

#endif
