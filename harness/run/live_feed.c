#include "run/live_feed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json_writer.h"

#define LINE_MAX_BYTES ((size_t)16 * 1024)
/* From 100 s on a run tells 1,000 lines in each e-fold of its time: 10 a second, then 1 in 3.6 s
 * after an hour, in all 7,800 in a day. */
#define LINE_INTERVAL_NS    (100 * NSEC_PER_MSEC)
#define LINE_INTERVAL_SHARE 1000

/* What is known of one run's feed. */
struct live_run {
    char *name; /* of the file, owned; NULL: nothing has been told yet */
    bool ended;
    bool torn;       /* the last line is not whole: the disk was full */
    uint64_t bytes;  /* of the file */
    nsec_t next_ns;  /* of the run's time: when a further line is due */
    unsigned floors; /* the index of the last floor that was told, and 1 */
    nsec_t load_ns;  /* of the last sample of the load that was told; 0: none */
    char phase[64];  /* as it was told last */
};

struct live_feed {
    const struct plan *plan; /* borrowed */
    int dir_fd;              /* a guest may write where this is, and put a link in its place */
    struct live_run *runs;   /* owned; one for each of the plan's */
};

struct live_feed *live_feed_new(const struct plan *plan, const char *work_dir)
{
    struct live_feed *feed = calloc(1, sizeof(*feed));
    if (feed == NULL)
        return NULL;
    CLEANUP(freep) char *dir = file_join(work_dir, LIVE_FEED_FOLDER);
    feed->plan = plan;
    feed->dir_fd = -1;
    feed->runs = calloc(plan->n_runs + 1, sizeof(*feed->runs));
    if (dir != NULL && feed->runs != NULL && file_make_private_directory(dir, NULL) == 0)
        feed->dir_fd = open(dir, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (feed->dir_fd >= 0)
        return feed;
    free(feed->runs);
    free(feed);
    return NULL;
}

/* The run of this name; NULL: there is none, or it has ended. */
static struct live_run *live_feed_find(struct live_feed *feed, const char *id,
                                       const struct run_spec **ret_spec)
{
    for (size_t i = 0; i < feed->plan->n_runs; i++) {
        if (strcmp(feed->plan->runs[i].id, id) != 0)
            continue;
        *ret_spec = &feed->plan->runs[i];
        return feed->runs[i].ended ? NULL : &feed->runs[i];
    }
    return NULL;
}

/* Append a line. It is opened each time: a session may have thousands of runs. */
static void live_run_append(const struct live_feed *feed, struct live_run *run,
                            const struct buffer *line)
{
    CLEANUP(closep)
    int fd = openat(feed->dir_fd, run->name, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                    0666);
    if (fd < 0)
        return;
    if (run->torn && write(fd, "\n", 1) != 1)
        return;
    ssize_t written = write(fd, buffer_text(line), line->length);
    run->torn = written != (ssize_t)line->length;
    run->bytes += written > 0 ? (uint64_t)written : 0;
}

/* What never changes, as the first line. */
static void live_run_begin(const struct live_feed *feed, struct live_run *run,
                           const struct run_spec *spec)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(LINE_MAX_BYTES);
    struct json_writer writer;
    if (asprintf(&run->name, "%s%s", spec->id, LIVE_FEED_SUFFIX) < 0) {
        run->name = NULL;
        return;
    }
    json_writer_begin_line(&writer, &line);
    json_write_object(&writer, NULL);
    json_write_text(&writer, "schema", LIVE_FEED_SCHEMA);
    json_write_text(&writer, "id", spec->id);
    json_write_text(&writer, "scenario", spec->scenario);
    json_write_text(&writer, "label", spec->label != NULL ? spec->label : spec->variant);
    if (spec->settings.limit_bytes != SCENARIO_NO_LIMIT)
        json_write_u64(&writer, "limit_bytes", spec->settings.limit_bytes);
    json_write_u64(&writer, "cycles_max", spec->settings.cycles);
    json_write_i64(&writer, "started_unix_s", clock_wall_s());
    json_write_close_object(&writer);
    if (json_writer_end(&writer, NULL) == 0)
        live_run_append(feed, run, &line);
}

/* Milliseconds are fine enough. */
static void live_write_seconds(struct json_writer *writer, const char *key, nsec_t ns)
{
    json_write_decimal(writer, key, (double)ns / NSEC_PER_SEC, 3);
}

/* A number that may be absent. */
static void live_write_count(struct json_writer *writer, const char *key, uint64_t value)
{
    if (value != SURVEY_ABSENT)
        json_write_u64(writer, key, value);
}

static void live_write_memory(struct json_writer *writer, const struct memory_sample *memory)
{
    static const enum memory_field fields[] = {MEMORY_ANON,     MEMORY_FILE,      MEMORY_KERNEL,
                                               MEMORY_SHMEM,    MEMORY_RSS,       MEMORY_PSI_SOME,
                                               MEMORY_PSI_FULL, MEMORY_EVENTS_MAX};
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (memory_sample_has(memory, fields[i]))
            json_write_u64(writer, memory_field_info[fields[i]].column, memory->value[fields[i]]);
    if (!memory_sample_has(memory, MEMORY_CURRENT) ||
        !memory_sample_has(memory, MEMORY_INACTIVE_FILE))
        return;
    /* As Kubernetes reckons it. */
    uint64_t current = memory->value[MEMORY_CURRENT];
    uint64_t inactive = memory->value[MEMORY_INACTIVE_FILE];
    json_write_u64(writer, "working_set_bytes", current > inactive ? current - inactive : 0);
}

/* Latencies are of the time since the sample before: of one that was told they are not told again,
 * as if requests took as long for ever. */
static void live_write_load(struct json_writer *writer, const struct load_sample *load,
                            bool new_load)
{
    uint64_t completed = load_counts_completed(&load->counts);
    if (load->t_ns == 0)
        return;
    json_write_u64(writer, "requests_total", completed);
    json_write_u64(writer, "requests_failed", completed - load->counts.ok);
    json_write_u64(writer, "in_flight", load->in_flight);
    if (new_load && load->latency_p50_ns >= 0)
        json_write_double(writer, "latency_p50_s", (double)load->latency_p50_ns / 1e9);
    if (new_load && load->latency_p99_ns >= 0)
        json_write_double(writer, "latency_p99_s", (double)load->latency_p99_ns / 1e9);
}

static void live_write_floor(struct json_writer *writer, const struct run_floor *floor)
{
    json_write_object(writer, "floor");
    json_write_u64(writer, "index", floor->index);
    json_write_text(writer, "kind", cycle_kind_name(floor->kind));
    json_write_u64(writer, "start", floor->start);
    live_write_seconds(writer, "t_s", floor->t_ns);
    json_write_u64(writer, "requests", floor->requests);
    json_write_i64(writer, "bytes", floor->bytes);
    json_write_close_object(writer);
}

/* What is told for the first time. */
struct live_news {
    bool floor;
    bool load;
};

static int live_write_progress(const struct run_progress *progress, const struct live_news *news,
                               struct buffer *line)
{
    struct json_writer writer;
    json_writer_begin_line(&writer, line);
    json_write_object(&writer, NULL);
    live_write_seconds(&writer, "t_s", progress->elapsed_ns);
    json_write_text(&writer, "phase", progress->phase);
    json_write_u64(&writer, "cycle", progress->cycle);
    if (progress->cycles_max > 0) { /* else nothing but the phase is known */
        json_write_u64(&writer, "cycles_max", progress->cycles_max);
        json_write_u64(&writer, "cycles_min", progress->cycles_min);
        json_write_u64(&writer, "starts", progress->starts);
        json_write_u64(&writer, "oom_kills", progress->oom_kills);
        live_write_count(&writer, "threads_count", progress->threads);
        live_write_count(&writer, "descriptors_count", progress->descriptors);
    }
    json_write_u64(&writer, "requests", progress->requests);
    if (progress->requests_goal > 0)
        json_write_u64(&writer, "requests_goal", progress->requests_goal);
    live_write_count(&writer, "current_bytes", progress->memory_bytes);
    live_write_memory(&writer, &progress->memory);
    live_write_load(&writer, &progress->load, news->load);
    if (news->floor)
        live_write_floor(&writer, &progress->floor);
    json_write_close_object(&writer);
    return json_writer_end(&writer, NULL);
}

/* Is there a floor that has not been told? */
static bool live_run_has_floor(const struct live_run *run, const struct run_progress *progress)
{
    const struct run_floor *floor = &progress->floor;
    return floor->present && floor->index + 1 != run->floors;
}

/* Is there reason for a line now? */
static bool live_run_is_due(const struct live_run *run, const struct run_progress *progress)
{
    if (run->bytes >= LIVE_FEED_MAX_BYTES)
        return false;
    return live_run_has_floor(run, progress) || progress->elapsed_ns >= run->next_ns ||
           strncmp(run->phase, progress->phase, sizeof(run->phase) - 1) != 0;
}

void live_feed_progress(struct live_feed *feed, const struct run_progress *progress)
{
    const struct run_spec *spec = NULL;
    struct live_run *run = feed != NULL ? live_feed_find(feed, progress->id, &spec) : NULL;
    if (run == NULL)
        return;
    if (run->name == NULL)
        live_run_begin(feed, run, spec);
    if (run->name == NULL || !live_run_is_due(run, progress))
        return;
    nsec_t interval_ns = progress->elapsed_ns / LINE_INTERVAL_SHARE;
    run->next_ns =
        progress->elapsed_ns + (interval_ns > LINE_INTERVAL_NS ? interval_ns : LINE_INTERVAL_NS);
    snprintf(run->phase, sizeof(run->phase), "%s", progress->phase);
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(LINE_MAX_BYTES);
    const struct live_news news = {.floor = live_run_has_floor(run, progress),
                                   .load = progress->load.t_ns != run->load_ns};
    run->floors = news.floor ? progress->floor.index + 1 : run->floors;
    run->load_ns = progress->load.t_ns;
    if (live_write_progress(progress, &news, &line) == 0)
        live_run_append(feed, run, &line);
}

/* The last line, and the file is gone: for who looks for it the run is over. */
static void live_run_end(const struct live_feed *feed, struct live_run *run,
                         const struct record *record, const char *dir)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(LINE_MAX_BYTES);
    struct json_writer writer;
    run->ended = true;
    if (run->name == NULL)
        return;
    json_writer_begin_line(&writer, &line);
    json_write_object(&writer, NULL);
    json_write_bool(&writer, "end", true);
    if (record != NULL && record->error.kind == ERROR_NONE)
        json_write_text(&writer, "verdict", verdict_kind_name(record->verdict.kind));
    if (record != NULL)
        json_write_text(&writer, "dir", dir);
    json_write_close_object(&writer);
    if (json_writer_end(&writer, NULL) == 0)
        live_run_append(feed, run, &line);
    (void)unlinkat(feed->dir_fd, run->name, 0);
}

void live_feed_end(struct live_feed *feed, const struct record *record, const char *dir)
{
    const struct run_spec *spec = NULL;
    struct live_run *run = feed != NULL ? live_feed_find(feed, record->id, &spec) : NULL;
    if (run != NULL)
        live_run_end(feed, run, record, dir);
}

void live_feed_free(struct live_feed *feed)
{
    if (feed == NULL)
        return;
    for (size_t i = 0; i < feed->plan->n_runs; i++) {
        if (!feed->runs[i].ended)
            live_run_end(feed, &feed->runs[i], NULL, NULL);
        free(feed->runs[i].name);
    }
    free(feed->runs);
    close(feed->dir_fd);
    free(feed);
}

void live_feed_freep(struct live_feed **feed)
{
    live_feed_free(*feed);
}
