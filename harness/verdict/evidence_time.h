#pragma once
/* Growth over time, where growth over work tells nothing or only half. Private to the evidence. */
#include "verdict/evidence.h"

/* Does it grow steadily over time? Cycles are not equally long. The time is told in requests, as
 * many as there were, so that all numbers keep their units. */
bool evidence_is_steady_in_time(const struct verdict_question *question, struct evidence *ret);

/* What was attached to may be used by others, and by the clock. When it grows while nothing is
 * asked of it, our work neither explains nor acquits it; time may. */
void evidence_heed_others(const struct verdict_question *question, struct evidence *ret);
