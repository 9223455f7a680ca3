#pragma once
/* Statements: a verdict put into words, with the numbers that belong to it. Each sets kind, cause,
 * reason, evidence and effect of *ret; what every verdict carries is there already. */
#include "verdict/evidence.h"
#include "verdict/safety.h"

/* Growth that goes on: what it is made of, and when it is out of memory. */
void statement_of_leak(const struct evidence *evidence, const struct verdict_question *question,
                       struct verdict *ret);

/* The load alone is too much: what a request needs, and how many at a time are safe. */
void statement_of_pressure(const struct evidence *evidence, const struct verdict_question *question,
                           const struct safety *safety, struct verdict *ret);

/* Who keeps what stays up, what releases it, and what happens when the room is needed. */
void statement_of_lazy_release(const struct evidence *evidence, enum cause cause,
                               struct verdict *ret);

/* The floor stands, or its growth dies away. */
void statement_of_clean(const struct evidence *evidence, struct verdict *ret);

/* `format` says why, and what would decide it. */
void statement_of_doubt(struct verdict *ret, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
