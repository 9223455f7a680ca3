#pragma once
/* The one sentence of a comparison: what somebody wants to hear who has just made one.
 *
 * First verdicts that differ, then differences that are claimed, largest first, else that there are
 * none, or could be none; at the end what failed or was not run. No full stop. What does not fit is
 * cut at a clause, and where even that is too long ends with "...". */
#include "verdict/comparison.h"

/* Set comparison->sentence from all the rest of it. */
void comparison_say(struct comparison *comparison);
