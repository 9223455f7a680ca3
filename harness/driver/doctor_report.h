#pragma once
/* The report of `leakcage doctor` in the making. Private to doctor*.c. */
#include "driver/doctor.h"

/* Add a check; what is beyond DOCTOR_CHECKS_MAX takes the place of the last. Borrowed. */
struct doctor_check *doctor_add(struct doctor_report *report, const char *name,
                                enum doctor_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What would mend it. */
void doctor_fix(struct doctor_check *check, const char *fix);

/* Which instruments of `leakcage explain` work here, a check each. */
void doctor_instruments(struct doctor_report *report);
