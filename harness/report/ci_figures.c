#include "report/ci_figures.h"

static const struct {
    const char *name, *unit, *help;
    double divisor;
} ci_figures[FIGURE_MAX_] = {
    [FIGURE_GROWTH] = {"growth_bytes_per_request", "bytes_per_request",
                       "What each request leaves behind, by the floor", 1},
    [FIGURE_FLOOR] = {"floor_bytes", "bytes", "What is in use at rest, after all was reclaimed", 1},
    [FIGURE_PEAK] = {"peak_bytes", "bytes", "The highest use of memory under the load", 1},
    [FIGURE_RETAINED] = {"retained_bytes", "bytes",
                         "What stays after the load, above the service as it came up", 1},
    [FIGURE_RATE] = {"rate_requests_per_second", "requests_per_second",
                     "Requests completed per second of load", 1},
    [FIGURE_P50] = {"latency_p50_seconds", "seconds", "Median latency of a request", 1e9},
    [FIGURE_P99] = {"latency_p99_seconds", "seconds", "99th percentile of latency", 1e9},
    [FIGURE_CPU] = {"cpu_seconds_per_request", "seconds_per_request",
                    "Processor time per completed request", 1e9},
    [FIGURE_KILLED] = {"requests_to_kill", NULL, "Requests until it was killed at the limit", 1},
    [FIGURE_THREADS] = {"threads", NULL, "Threads after the load", 1},
    [FIGURE_DESCRIPTORS] = {"descriptors", NULL, "Open files, sockets and pipes after the load", 1},
};

double ci_figure_value(enum figure figure, double value)
{
    return value / ci_figures[figure].divisor;
}

struct ci_metric ci_figure(enum figure figure, double value)
{
    return (struct ci_metric){
        .name = ci_figures[figure].name,
        .unit = ci_figures[figure].unit,
        .help = ci_figures[figure].help,
        .value = ci_figure_value(figure, value),
    };
}
