#pragma once
/* Units: the only place where a suffix is read or written.
 *
 * Sizes: "64M", "64MiB", "64Mi" and "67108864" are the same; K, M, G, T are powers of 1024, as
 * kernel and Kubernetes limits are read here. A fraction is allowed where it comes to whole bytes.
 * Times: "500ms", "10s", "1.5s", "5m", "2h", "20us"; a bare number is refused, for nobody knows
 * whether it is seconds. */
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

/* Room for any formatted text here. */
#define UNITS_TEXT_MAX 48

/* Errors quote the text and say what was expected; the caller puts the place in front. */
int units_parse_bytes(const char *text, uint64_t *ret_bytes, struct error *err);
int units_parse_duration(const char *text, nsec_t *ret_ns, struct error *err);

/* "5%", "0.5%": 0.05, 0.005. */
int units_parse_percent(const char *text, double *ret_share, struct error *err);

/* A whole number from minimum to maximum, nothing else around it. */
int units_parse_count(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *ret,
                      struct error *err);

/* "41.2 MiB", "16.8 KiB", "812 B"; a negative amount keeps its sign. Return text[UNITS_TEXT_MAX].
 */
const char *units_format_bytes(double bytes, char *text);

/* "9.8 s", "340 ms", "2 min", "3.5 h". */
const char *units_format_duration(nsec_t duration_ns, char *text);

/* "12,345". */
const char *units_format_count(uint64_t count, char *text);

/* One unit, and so many decimals, for amounts that are compared by eye. */
struct units_scale {
    double divisor;
    const char *name; /* "MiB", "ms"; "" of a count */
    int decimals;
};

/* As they fit the largest of the amounts: in bytes, in nanoseconds, or as it is (a count, a rate).
 */
struct units_scale units_scale_bytes(double largest_bytes);
struct units_scale units_scale_duration(double largest_ns);
struct units_scale units_scale_count(double largest);

/* The number alone, "61.2", "12,345"; "<0.1" for what would round to zero and is none; "-" for what
 * is not finite. Returns text[UNITS_TEXT_MAX]. */
const char *units_format_scaled(double amount, const struct units_scale *scale, char *text);
