#pragma once
/* All instruments that there are, as what run/ calls (run/instruments.h says what that means, who
 * owns what, and that they end no run). To add one: a constant table (instrument.h), a name and a
 * bit (scenario/instruments.h), and a line in instruments.c. */
#include "run/instruments.h"

extern const struct run_instruments instruments_table;
