#pragma once
/* Remarks: what an explanation says in sentences beside its figures. Pure. */
#include "explain/accounts.h"

/* What is not explained, and where to look, into explanation->missing; "" from 80 % on. */
void remarks_missing(const struct accounts *accounts, struct explanation *explanation);

/* What is held though nothing grows, into explanation->holding. */
void remarks_holding(const struct record *instrumented, struct explanation *explanation);

/* Verdict, cause and growth of both runs: agrees, disagreement, slowdown. */
void remarks_agreement(const struct record *plain, const struct record *instrumented,
                       struct explanation *explanation);
