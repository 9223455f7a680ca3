/* How fast is the load generator? Prints requests per second and how the requests ended.
 *
 *     load_bench URL CONNECTIONS (SECONDS | NUMBERr) [close] [RATE]
 *
 * URL is http://host:port/path. "10" runs for ten seconds, "50000r" for that many requests; "close"
 * opens a connection for every request; RATE makes it an open loop. Compare with
 *     wrk -t1 -c CONNECTIONS -d SECONDS URL */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "load/generator.h"

static int usage(void)
{
    fprintf(stderr, "usage: load_bench URL CONNECTIONS (SECONDS | NUMBERr) [close] [RATE]\n");
    return 2;
}

static void print_result(const struct batch_result *result)
{
    uint64_t answered = result->counts.ok + result->counts.other_status;
    double seconds = (double)(result->end_ns - result->start_ns) / 1e9;
    printf("requests/s %.0f  answered %" PRIu64 "  started %" PRIu64 "  refused %" PRIu64
           "  reset %" PRIu64 "  timed_out %" PRIu64 "  failed %" PRIu64 "  p50_us %.1f  p99_us "
           "%.1f\n",
           (double)answered / seconds, answered, result->counts.started, result->counts.refused,
           result->counts.reset, result->counts.timed_out, result->counts.failed,
           (double)result->latency_p50_ns / 1e3, (double)result->latency_p99_ns / 1e3);
}

static int run(const struct load_profile *profile, const char *base_url, uint64_t requests,
               double seconds, struct error *err)
{
    CLEANUP(generator_freep) struct generator *generator = NULL;
    if (generator_new(profile, base_url, &generator, err) < 0)
        return -1;
    nsec_t deadline_ns = clock_now_ns() + (nsec_t)(seconds * 1e9);
    if (generator_begin(generator, requests, profile->concurrency, deadline_ns, err) < 0)
        return -1;
    struct pollfd over = {.fd = generator_fd(generator), .events = POLLIN};
    poll(&over, 1, -1);
    struct batch_result result;
    if (generator_finish(generator, &result, err) < 0)
        return -1;
    print_result(&result);
    return 0;
}

int main(int argc, char **argv)
{
    char *slash = argc > 3 && strlen(argv[1]) > 7 ? strchr(argv[1] + 7, '/') : NULL;
    if (slash == NULL)
        return usage();
    CLEANUP(freep) char *path = strdup(slash);
    *slash = '\0';

    char *unit = NULL;
    double amount = strtod(argv[3], &unit);
    bool by_requests = *unit == 'r';
    struct load_profile profile = {
        .requests = {{.method = "GET", .path = path, .weight = 1}},
        .n_requests = 1,
        .concurrency = (unsigned)strtoul(argv[2], NULL, 10),
        .reuse = true,
        .timeout_ns = 10 * NSEC_PER_SEC,
    };
    for (int i = 4; i < argc; i++) {
        if (strcmp(argv[i], "close") == 0)
            profile.reuse = false;
        else
            profile.rate_per_s = strtod(argv[i], NULL);
    }

    struct error err;
    if (run(&profile, argv[1], by_requests ? (uint64_t)amount : UINT64_MAX,
            by_requests ? 3600 : amount, &err) < 0) {
        fprintf(stderr, "load_bench: %s\n", err.text);
        return 1;
    }
    return 0;
}
