#pragma once
/* Statements: a verdict put into words, with the numbers that belong to it. Each sets kind, cause,
 * reason, evidence and effect of *ret; what every verdict carries is there already. */
#include "verdict/evidence.h"
#include "verdict/safety.h"

void statement_of_leak(const struct evidence *evidence, const struct verdict_question *question,
                       struct verdict *ret);
void statement_of_pressure(const struct evidence *evidence, const struct verdict_question *question,
                           const struct safety *safety, struct verdict *ret);
void statement_of_lazy_release(const struct evidence *evidence, enum cause cause,
                               struct verdict *ret);
void statement_of_clean(const struct evidence *evidence, struct verdict *ret);

/* `format` says why, and what would decide it. */
void statement_of_doubt(struct verdict *ret, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
