#pragma once
/* From one kind of number to another, whatever was read from outside.
 *
 * In C a real number that does not fit makes no sense as a whole one (C17 6.3.1.4: undefined), nor
 * does a sum of signed ones that does not fit (6.5). */
#include <stdint.h>

/* What is measured is less: 8 PiB, 104 days in nanoseconds. Of such ones a thousand can be added,
 * or one be multiplied by a thousand. */
#define WHOLE_MEASURED_MAX ((uint64_t)1 << 53)

/* The whole part; 0 of what is negative or no number, UINT64_MAX of what is more. */
static inline uint64_t whole_of(double amount)
{
    if (!(amount >= 1))
        return 0;
    return amount < 18446744073709551616.0 ? (uint64_t)amount : UINT64_MAX;
}

/* An amount that others are subtracted from; what is more than can be measured is cut. */
static inline int64_t whole_signed(uint64_t amount)
{
    return (int64_t)(amount < WHOLE_MEASURED_MAX ? amount : WHOLE_MEASURED_MAX);
}
