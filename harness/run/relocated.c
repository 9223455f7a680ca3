#include "run/relocated.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "driver/image_export.h"
#include "run/data_folder.h"
#include "run/message.h"
#include "run/result_lock.h"
#include "run/work_folder.h"
#include "scenario/plan_groups.h"
#include "scenario/record_files.h"
#include "scenario/run_file.h"

/* What a place that has stopped takes with it is done once more, in a new one. */
#define PLACE_TRIES_MAX 2

/* One run of the plan. */
struct relocated_run {
    bool taken;        /* its record is here */
    bool again;        /* the place that had it has stopped */
    nsec_t elapsed_ns; /* as told last, by the place that has it */
};

/* What all places share. */
struct relocated {
    const struct plan *plan;
    const struct session_options *options;
    struct driver_options driver_options; /* with what was found out for all of them */
    const char *work_dir;       /* ours alone: what places have written is looked at here */
    const char *shared_dir;     /* in there, what places see and write */
    pthread_mutex_t lock;       /* over calls of the observer and of record_done, and all below */
    struct relocated_run *runs; /* one for each of the plan's */
    size_t taken;
};

/* One place: the thread that waits for it hears what it says, line by line. */
struct place {
    struct relocated *relocated;
    pthread_t thread;
    struct message_reader reader;
    size_t run;         /* index of the one that it has told of last; no index: none yet */
    struct error error; /* kind ERROR_NONE: it has done its part */
};

/* The run's index in the plan; no index when there is none of that name. */
static size_t relocated_find(const struct relocated *relocated, const char *id)
{
    size_t i = 0;
    while (i < relocated->plan->n_runs && strcmp(relocated->plan->runs[i].id, id) != 0)
        i++;
    return i;
}

/* Where a record is ours alone; NULL when out of memory. */
static char *place_own_path(const struct relocated *relocated, const char *id)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s/%s", relocated->work_dir, RELOCATED_FETCHED_FOLDER, id) < 0
               ? NULL
               : path;
}

/* Out of the reach of the place: what it wrote there may be anything, links to files of ours too,
 * and is made harmless before any of it is opened. */
static int place_fetch(const struct relocated *relocated, const char *id, const char *to,
                       struct error *err)
{
    CLEANUP(freep) char *shared = file_join(relocated->shared_dir, id);
    struct stat status;
    if (shared == NULL)
        return error_out_of_memory(err);
    if (rename(shared, to) < 0 || lstat(to, &status) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot take the record %s", shared);
    if (!S_ISDIR(status.st_mode))
        return error_set(err, ERROR_INTERNAL, "the record %s is no folder", shared);
    return file_keep_plain(to, err);
}

/* The record `id` is whole in the shared folder: load it, store it where it belongs, hand it over.
 */
static int place_take_record(struct place *place, const char *id, struct error *err)
{
    struct relocated *relocated = place->relocated;
    const struct session_options *options = relocated->options;
    CLEANUP(record_freep) struct record *record = NULL;
    CLEANUP(freep) char *from = place_own_path(relocated, id);
    CLEANUP(freep) char *to = file_join(options->results_dir, id);
    if (from == NULL || to == NULL)
        return error_out_of_memory(err);
    if (place_fetch(relocated, id, from, err) < 0 || record_load(from, &record, err) < 0) {
        if (err != NULL && err->kind == ERROR_USAGE) /* nobody has named that folder to us */
            err->kind = ERROR_ENVIRONMENT;
        return error_prefix(err, "%s was done, and what was written of it is lost", id);
    }
    snprintf(record->driver, sizeof(record->driver), "%s", options->driver->name);
    data_folder_remove(relocated->shared_dir, id, record);
    size_t run = relocated_find(relocated, id);
    pthread_mutex_lock(&relocated->lock);
    bool again = run < relocated->plan->n_runs && relocated->runs[run].again;
    pthread_mutex_unlock(&relocated->lock);
    if (again)
        record_warn(record, "it was run again: the first guest stopped responding (no fault of "
                            "the service: emulated processors of QEMU before 8.1 do at times)");
    CLEANUP(closep) int lock_fd = result_lock(options->results_dir);
    (void)lock_fd; /* held until here is left */
    if ((run < relocated->plan->n_runs &&
         run_file_store(&relocated->plan->runs[run], from, err) < 0) ||
        record_store(record, from, to, err) < 0)
        return -1;
    pthread_mutex_lock(&relocated->lock);
    if (run < relocated->plan->n_runs)
        relocated->runs[run].taken = true;
    relocated->taken++;
    options->record_done(options->context, take_ptr(&record), to);
    pthread_mutex_unlock(&relocated->lock);
    return 0;
}

static void place_show_progress(struct place *place, const struct run_progress *progress)
{
    struct relocated *relocated = place->relocated;
    const struct run_observer *observer = relocated->options->observer;
    pthread_mutex_lock(&relocated->lock);
    place->run = relocated_find(relocated, progress->id);
    if (place->run < relocated->plan->n_runs)
        relocated->runs[place->run].elapsed_ns = progress->elapsed_ns;
    if (observer != NULL && observer->progress != NULL)
        observer->progress(observer->context, progress);
    pthread_mutex_unlock(&relocated->lock);
}

static void place_hear(void *context, int fd, const char *data, size_t length)
{
    struct place *place = context;
    if (fd != STDOUT_FILENO) {
        if (write(STDERR_FILENO, data, length) < 0)
            return;
        return;
    }
    while (length > 0) {
        size_t part = length < MESSAGE_LINE_MAX ? length : MESSAGE_LINE_MAX;
        struct message message;
        message_reader_feed(&place->reader, data, part);
        while (message_reader_next(&place->reader, &message)) {
            if (message.kind == MESSAGE_PROGRESS)
                place_show_progress(place, &message.progress);
            else if (message.kind == MESSAGE_RECORD && place->error.kind == ERROR_NONE)
                (void)place_take_record(place, message.id, &place->error);
        }
        data += part;
        length -= part;
    }
}

static void place_lose_run(struct place *place, size_t index)
{
    struct relocated *relocated = place->relocated;
    pthread_mutex_lock(&relocated->lock);
    const struct relocated_run run = relocated->runs[index];
    pthread_mutex_unlock(&relocated->lock);
    const struct run_progress progress = {
        .id = relocated->plan->runs[index].id,
        .phase = "lost",
        .memory_bytes = SURVEY_ABSENT,
        .limit_bytes = UINT64_MAX,
        .elapsed_ns = run.elapsed_ns,
    };
    if (!run.taken)
        place_show_progress(place, &progress);
}

/* The runs of the part that the place had taken, from *ret_begin to *ret_end; false: it had none.
 */
static bool place_part(const struct place *place, size_t *ret_begin, size_t *ret_end)
{
    const struct plan *plan = place->relocated->plan;
    size_t end = 0;
    if (place->run >= plan->n_runs)
        return false;
    for (; end <= place->run; end += plan_part_length(plan, end))
        *ret_begin = end;
    *ret_end = end;
    return true;
}

/* The place is gone. What it had is lost, of a group all runs that are not done: told at once, for
 * others may go on for long. */
static void place_lose_runs(struct place *place)
{
    size_t begin = 0;
    size_t end = 0;
    if (!place_part(place, &begin, &end))
        return;
    for (size_t i = begin; i < end; i++)
        place_lose_run(place, i);
}

static void place_remove(const struct place *place, const char *id, const char *ending)
{
    CLEANUP(freep) char *path = NULL;
    if (asprintf(&path, "%s/%s%s", place->relocated->shared_dir, id, ending) < 0)
        path = NULL;
    if (path != NULL)
        (void)file_remove_tree(path, NULL);
}

/* Give back what the place had taken, so that it can be taken once more. False: a record of the
 * part is here already, and the rest of its group is lost. */
static bool place_give_back(struct place *place)
{
    struct relocated *relocated = place->relocated;
    size_t begin = 0;
    size_t end = 0;
    bool done = false;
    if (!place_part(place, &begin, &end))
        return true;
    pthread_mutex_lock(&relocated->lock);
    for (size_t i = begin; i < end; i++)
        done = done || relocated->runs[i].taken;
    for (size_t i = begin; i < end && !done; i++)
        relocated->runs[i].again = true;
    pthread_mutex_unlock(&relocated->lock);
    if (done)
        return false;
    for (size_t i = begin; i < end; i++) {
        place_remove(place, relocated->plan->runs[i].id, "");
        place_remove(place, relocated->plan->runs[i].id, ".data");
    }
    place_remove(place, relocated->plan->runs[begin].id, ".taken");
    return true;
}

/* Has it stopped, and may it be tried again? */
static bool place_starts_again(struct place *place, unsigned tries, const struct error *err)
{
    if (err->errno_value != ETIMEDOUT || tries >= PLACE_TRIES_MAX || interrupt_count() > 0 ||
        place->error.kind != ERROR_NONE || !place_give_back(place))
        return false;
    place->run = place->relocated->plan->n_runs;
    place->reader = (struct message_reader){.length = 0};
    return true;
}

/* Be there from the start of the program elsewhere to its end. */
static void *place_run(void *context)
{
    struct place *place = context;
    const struct relocated *relocated = place->relocated;
    const char *const arguments[] = {"guest", relocated->shared_dir, NULL};
    const struct relocation relocation = {
        .work_dir = relocated->shared_dir,
        .arguments = arguments,
        .output = place_hear,
        .context = place,
    };
    struct error err;
    unsigned tries = 0;
    do {
        err = (struct error){.kind = ERROR_NONE};
        if (relocated->options->driver->relocate(&relocated->driver_options, &relocation, &err) ==
            0)
            return NULL;
        if (err.kind != ERROR_INTERRUPTED)
            place_lose_runs(place);
    } while (place_starts_again(place, ++tries, &err));
    if (place->error.kind == ERROR_NONE)
        place->error = err;
    return NULL;
}

/* So many places at once; the errors are in them. */
static void relocated_run_places(struct place *places, unsigned n)
{
    unsigned started = 0;
    for (; n > 1 && started < n; started++) {
        int failure = pthread_create(&places[started].thread, NULL, place_run, &places[started]);
        if (failure == 0)
            continue;
        error_set_errno(&places[started].error, ERROR_ENVIRONMENT, failure, "cannot make a thread");
        break;
    }
    if (n == 1)
        place_run(&places[0]);
    for (unsigned i = 0; i < started; i++)
        pthread_join(places[i].thread, NULL);
}

/* The plan, with the images that its containers need put where the places find them. */
static int relocated_write_plan(const struct plan *plan, struct relocated *relocated,
                                struct error *err)
{
    const char *work_dir = relocated->shared_dir;
    CLEANUP(freep) struct run_spec *runs = calloc(plan->n_runs + 1, sizeof(*runs));
    const struct plan sent = {.runs = runs, .n_runs = plan->n_runs, .arena = plan->arena};
    if (runs == NULL)
        return error_out_of_memory(err);
    if (image_export_all(plan, work_dir, runs, &relocated->driver_options.image_bytes, err) < 0)
        return -1;

    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(RELOCATED_PLAN_MAX_BYTES);
    CLEANUP(freep) char *path = file_join(work_dir, RELOCATED_PLAN_FILE);
    if (path == NULL)
        return error_out_of_memory(err);
    if (plan_write(&sent, &text, err) < 0)
        return -1;
    return file_write_private(AT_FDCWD, path, buffer_text(&text), text.length, err);
}

/* How it went: what the first place that failed says, or that records are missing. */
static int relocated_end(const struct relocated *relocated, const struct place *places, unsigned n,
                         struct error *err)
{
    const char *driver = relocated->options->driver->name;
    for (unsigned i = 0; i < n; i++) {
        if (places[i].error.kind == ERROR_NONE)
            continue;
        if (err != NULL)
            *err = places[i].error;
        return n > 1 ? error_prefix(err, "%s %u of %u", driver, i + 1, n) : -1;
    }
    if (relocated->taken < relocated->plan->n_runs && interrupt_count() == 0)
        return error_set(err, ERROR_INTERNAL, "the %s driver brought back %zu of %zu records",
                         driver, relocated->taken, relocated->plan->n_runs);
    return 0;
}

int relocated_run(const struct plan *plan, const struct session_options *options,
                  const char *work_dir, struct error *err)
{
    const struct driver *driver = options->driver;
    size_t parts = plan_count_parts(plan);
    unsigned n = options->jobs > 1 ? options->jobs : 1;
    if (n > parts)
        n = parts > 0 ? (unsigned)parts : 1;
    CLEANUP(freep) struct relocated_run *runs = calloc(plan->n_runs + 1, sizeof(*runs));
    CLEANUP(freep) char *shared_dir = file_join(work_dir, RELOCATED_SHARED_FOLDER);
    struct relocated relocated = {
        .plan = plan,
        .options = options,
        .driver_options = *options->driver_options,
        .work_dir = work_dir,
        .shared_dir = shared_dir,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .runs = runs,
    };
    relocated.driver_options.group_memory_bytes = plan_group_memory_bytes(plan);
    const struct driver_options given = relocated.driver_options;
    if (n > 1 && driver->prepare != NULL &&
        driver->prepare(&given, &relocated.driver_options, err) < 0)
        return -1;
    CLEANUP(freep) struct place *places = calloc(n, sizeof(*places));
    if (runs == NULL || places == NULL || shared_dir == NULL)
        return error_out_of_memory(err);
    CLEANUP(freep) char *fetched_dir = file_join(work_dir, RELOCATED_FETCHED_FOLDER);
    if (fetched_dir == NULL)
        return error_out_of_memory(err);
    if (work_folder_make_passage(shared_dir, err) < 0 ||
        file_make_private_directory(fetched_dir, err) < 0)
        return -1;
    for (unsigned i = 0; i < n; i++) {
        places[i].relocated = &relocated;
        places[i].run = plan->n_runs;
    }
    if (relocated_write_plan(plan, &relocated, err) < 0)
        return -1;

    relocated_run_places(places, n);
    return relocated_end(&relocated, places, n, err);
}
