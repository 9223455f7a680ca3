#include "tests/support/baselines.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

struct baseline_entry baselines_entry(const char *scenario)
{
    struct baseline_entry entry = {
        .environment = {.kernel = "6.1.0-18-amd64",
                        .driver = "vm",
                        .accel = "kvm",
                        .cpus = 2,
                        .machine = {.architecture = "x86_64",
                                    .libc = "glibc 2.36",
                                    .page_bytes = 4096,
                                    .thp = "never"}},
        .work = {.limit_bytes = (uint64_t)64 << 20,
                 .cycle_requests = 250,
                 .has_warmup = true,
                 .warmup_requests = 100,
                 .concurrency = 8,
                 .cycles_min = 5},
        .n_runs = 5,
    };
    snprintf(entry.key.scenario, sizeof(entry.key.scenario), "%s", scenario);
    for (unsigned i = 0; i < entry.n_runs; i++) {
        struct comparison_run *run = &entry.runs[i];
        run->judged = true;
        run->kind = VERDICT_CLEAN;
        figures_set(&run->figures, FIGURE_GROWTH, i * 0.25 - 0.5);
        figures_set(&run->figures, FIGURE_FLOOR, 945192 + 4096 * i);
        figures_set(&run->figures, FIGURE_PEAK, 1585152 - 4096 * i);
        figures_set(&run->figures, FIGURE_RETAINED, 4096.0 * i - 8192);
        figures_set(&run->figures, FIGURE_THREADS, 5);
    }
    return entry;
}

char *baselines_text(const struct baseline *baseline)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(BASELINE_FILE_MAX_BYTES);
    struct error err = {0};
    ck_assert_msg(baseline_write(baseline, &text, &err) == 0, "%s", err.text);
    return strdup(buffer_text(&text));
}

struct baseline *baselines_new(const struct baseline_entry *entries, size_t n)
{
    struct baseline *baseline = NULL;
    struct error err = {0};
    ck_assert_int_eq(baseline_new(&baseline, &err), 0);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(baseline_put(baseline, &entries[i], &err) == 0, "%s", err.text);
    return baseline;
}
