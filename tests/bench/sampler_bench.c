/* What does sampling cost? Needs driver native, so it runs in the guest where the host cannot.
 *
 *     sampler_bench SERVICE SECONDS ROUNDS
 *     sampler_bench --files FOLDER SECONDS ROUNDS
 *
 * The second form samples plain files that look like a cgroup's, without a service: what the
 * sampler itself costs on this machine, where no cgroup can be had.
 *
 * Drives the service in its cgroup, in turn without a sampler, at 100 Hz and at 1 kHz, ROUNDS
 * times, and prints a line each: rate in Hz, share of a core the sampling thread used, requests per
 * second, throughput relative to the unsampled batch of the same round. The lines "empty" are what
 * a timer at that rate costs a thread that does nothing at all when it wakes, on an idle machine:
 * less cannot be had. */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "driver/native.h"
#include "load/generator.h"
#include "memory/cgroup_reader.h"
#include "run/readiness.h"
#include "run/sampler.h"
#include "scenario/plan.h"

static double thread_cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int measure_empty(unsigned hz, double seconds)
{
    CLEANUP(closep) int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    struct itimerspec timer = {.it_value = {.tv_nsec = 1000000000L / hz},
                               .it_interval = {.tv_nsec = 1000000000L / hz}};
    if (fd < 0 || timerfd_settime(fd, 0, &timer, NULL) < 0)
        return -1;
    double cpu_s = thread_cpu_s();
    nsec_t begin_ns = clock_now_ns();
    uint64_t due = 0;
    while ((double)(clock_now_ns() - begin_ns) < seconds * 1e9)
        if (read(fd, &due, sizeof(due)) < 0)
            return -1;
    printf("empty %u core_share %.4f\n", hz, (thread_cpu_s() - cpu_s) / seconds);
    return 0;
}

/* One batch of `seconds` under this sampling rate (0: none); prints its line. */
static int measure(struct instance *instance, struct generator *generator, unsigned hz,
                   double seconds, double *reference, struct error *err)
{
    struct timeline *timeline = NULL;
    struct sampler *sampler = NULL;
    if (timeline_new(TIMELINE_SAMPLES_MAX, &timeline, err) < 0 ||
        sampler_new(&native_driver, timeline, hz > 0 ? hz : 1, clock_now_ns(), &sampler, err) < 0)
        return -1;
    sampler_watch(sampler, hz > 0 ? instance : NULL);

    double cpu_s = thread_cpu_s();
    nsec_t deadline_ns = clock_now_ns() + (nsec_t)(seconds * 1e9);
    if (generator_begin(generator, UINT64_MAX / 2, 8, deadline_ns, err) < 0)
        return -1;
    struct pollfd watch[2] = {{.fd = generator_fd(generator), .events = POLLIN},
                              {.fd = sampler_fd(sampler), .events = POLLIN}};
    while (poll(watch, 2, -1) >= 0 && (watch[0].revents & POLLIN) == 0)
        if ((watch[1].revents & POLLIN) != 0 && sampler_tick(sampler, err) != 0)
            return -1;
    struct batch_result result;
    if (generator_finish(generator, &result, err) < 0)
        return -1;

    double wall_s = (double)(result.end_ns - result.start_ns) / 1e9;
    double rate = (double)result.counts.ok / wall_s;
    if (hz == 0)
        *reference = rate;
    printf("hz %u core_share %.4f requests_per_s %.0f relative %.3f samples %zu late %" PRIu64 "\n",
           hz, hz > 0 ? (thread_cpu_s() - cpu_s) / wall_s : 0, rate, rate / *reference,
           timeline->n_memory, timeline->late_ticks);
    sampler_free(sampler);
    timeline_free(timeline);
    return 0;
}

/* A driver that can do nothing but read a folder of files. */
static int files_read(struct instance *instance, bool full, struct memory_sample *ret,
                      struct error *err)
{
    struct cgroup_reader *reader = (struct cgroup_reader *)instance;
    return full ? cgroup_reader_full(reader, ret, err) : cgroup_reader_quick(reader, ret, err);
}

static int bench_files_at(struct instance *instance, unsigned hz, double seconds, struct error *err)
{
    static const struct driver files_driver = {.name = "files", .read = files_read};
    struct timeline *timeline = NULL;
    struct sampler *sampler = NULL;
    if (timeline_new(TIMELINE_SAMPLES_MAX, &timeline, err) < 0 ||
        sampler_new(&files_driver, timeline, hz, clock_now_ns(), &sampler, err) < 0)
        return -1;
    sampler_watch(sampler, instance);
    double cpu_s = thread_cpu_s();
    nsec_t end_ns = clock_now_ns() + (nsec_t)(seconds * 1e9);
    struct pollfd due = {.fd = sampler_fd(sampler), .events = POLLIN};
    while (clock_now_ns() < end_ns)
        if (poll(&due, 1, -1) > 0 && sampler_tick(sampler, err) != 0)
            return -1;
    printf("files %u core_share %.4f\n", hz, (thread_cpu_s() - cpu_s) / seconds);
    sampler_free(sampler);
    timeline_free(timeline);
    return 0;
}

static int bench_files(const char *folder, double seconds, unsigned rounds, struct error *err)
{
    struct cgroup_reader *reader = NULL;
    CLEANUP(closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || cgroup_reader_open(fd, &reader, err) < 0)
        return error_set(err, ERROR_USAGE, "cannot read %s as a cgroup's folder", folder);
    int status = 0;
    for (unsigned round = 0; status == 0 && round < rounds; round++)
        if (bench_files_at((struct instance *)reader, 100, seconds, err) < 0 ||
            bench_files_at((struct instance *)reader, 1000, seconds, err) < 0)
            status = -1;
    cgroup_reader_free(reader);
    return status;
}

static int bench(const char *program, double seconds, unsigned rounds, struct error *err)
{
    const char *const command[] = {program, NULL};
    static const unsigned rates[] = {0, 100, 1000};
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    CLEANUP(plan_freep) struct plan *plan = NULL;
    const struct plan_paths paths = {0};
    if (scenario_from_command("bench", command, &scenario, err) < 0 || plan_new(&plan, err) < 0)
        return -1;
    struct load_profile *load = &scenario->settings.load;
    load->n_requests = 1;
    load->requests[0] = (struct request_kind){.method = "GET", .path = "/work", .weight = 1};
    if (plan_add(plan, scenario, NULL, &paths, err) < 0)
        return -1;

    const struct settings *settings = &plan->runs[0].settings;
    const struct driver_options options = {0};
    const struct run_files files = {.log_path = "/dev/null", .data_dir = "/tmp"};
    struct instance *instance = NULL;
    struct generator *generator = NULL;
    if (native_driver.start(&options, &plan->runs[0], &files, &instance, err) < 0)
        return -1;
    struct readiness readiness = {.url = native_driver.endpoint(instance, 0), .ready = "tcp"};
    while (!readiness_try(&readiness) && interrupt_count() == 0)
        continue;
    int status =
        generator_new(&settings->load, native_driver.endpoint(instance, 0), &generator, err);
    double reference = 1;
    for (unsigned round = 0; status == 0 && round < rounds; round++)
        for (size_t i = 0; status == 0 && i < ARRAY_LENGTH(rates); i++)
            status = measure(instance, generator, rates[i], seconds, &reference, err);
    generator_free(generator);
    native_driver.destroy(instance);
    return status;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    bool files = argc == 5 && strcmp(argv[1], "--files") == 0;
    if (argc != 4 && !files) {
        fprintf(stderr, "usage: sampler_bench [--files] SERVICE|FOLDER SECONDS ROUNDS\n");
        return 2;
    }
    interrupt_install();
    if (files) {
        int status =
            bench_files(argv[2], strtod(argv[3], NULL), (unsigned)strtoul(argv[4], NULL, 10), &err);
        if (status < 0)
            fprintf(stderr, "sampler_bench: %s\n", err.text);
        return status < 0 ? 1 : 0;
    }
    if (native_driver.probe(NULL, &err) != 0) {
        fprintf(stderr, "sampler_bench: skipped: %s\n", err.text);
        return 77;
    }
    for (unsigned round = 0; round < 3; round++)
        if (measure_empty(100, 1) < 0 || measure_empty(1000, 1) < 0)
            return 1;
    if (bench(argv[1], strtod(argv[2], NULL), (unsigned)strtoul(argv[3], NULL, 10), &err) < 0) {
        fprintf(stderr, "sampler_bench: %s\n", err.text);
        return 1;
    }
    return 0;
}
