#pragma once
/* Kubernetes quantities: how a manifest writes memory and processors.
 *
 * A decimal number, then a suffix: none, n, u, m, k, M, G, T, P, E (powers of 1000), Ki, Mi, Gi,
 * Ti, Pi, Ei (powers of 1024), or an exponent (1e3, 1E3). Note that "64M" is 64,000,000 bytes here,
 * as in Kubernetes, and 67,108,864 in our own options and scenarios. Reckoned exactly, with
 * integers; what is no whole number is rounded up, as Kubernetes does.
 *
 * Errors are ERROR_USAGE and quote the text; the caller puts the place in front. */
#include <stdint.h>

#include "base/error.h"

/* Bytes, at most 2^63. */
int quantity_parse_bytes(const char *text, uint64_t *ret_bytes, struct error *err);

/* Processors, rounded up to a thousandth: "250m" is 0.25. */
int quantity_parse_cpus(const char *text, double *ret_cpus, struct error *err);
