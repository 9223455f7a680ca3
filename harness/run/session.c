#include "run/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/temporary.h"
#include "run/live_feed.h"
#include "run/message.h"
#include "run/relocated.h"
#include "run/session_group.h"
#include "run/work_folder.h"
#include "scenario/plan_groups.h"

unsigned session_sweep(const char *results_dir)
{
    return work_folder_sweep(results_dir);
}

static int session_run_here(const struct plan *plan, const struct session_options *options,
                            const char *work_dir, struct error *err)
{
    const struct session_place place = {options, work_dir, options->results_dir};
    for (size_t i = 0; i < plan->n_runs && interrupt_count() == 0;) {
        size_t n = plan_part_length(plan, i);
        if (session_group_run(&place, &plan->runs[i], n, err) < 0)
            return -1;
        i += n;
    }
    return 0;
}

/* Whoever makes the folder has the run, and with the first run of a group all of it: there may be
 * others at work on the plan, in other guests. 1: it is taken. */
static int session_take(const char *work_dir, const char *id, struct error *err)
{
    CLEANUP(freep) char *path = NULL;
    if (asprintf(&path, "%s/%s.taken", work_dir, id) < 0) {
        path = NULL;
        return error_out_of_memory(err);
    }
    if (mkdir(path, 0777) == 0)
        return 0;
    if (errno == EEXIST)
        return 1;
    return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot make the folder %s", path);
}

/* What the caller hears is in the live feed, too. */
struct session_caller {
    const struct session_options *options; /* the caller's own */
    struct live_feed *feed;
};

static void session_hear_progress(void *context, const struct run_progress *progress)
{
    const struct session_caller *caller = context;
    const struct run_observer *observer = caller->options->observer;
    live_feed_progress(caller->feed, progress);
    if (observer != NULL && observer->progress != NULL)
        observer->progress(observer->context, progress);
}

static void session_hear_record(void *context, struct record *record, const char *dir)
{
    const struct session_caller *caller = context;
    live_feed_end(caller->feed, record, dir);
    caller->options->record_done(caller->options->context, record, dir);
}

int session_run(const struct plan *plan, const struct session_options *options, struct error *err)
{
    CLEANUP(freep) char *work_dir = NULL;
    (void)temporary_sweep();
    if (plan_check_groups(plan, err) < 0 ||
        work_folder_make(options->results_dir, WORK_FOLDER_SESSION, &work_dir, err) < 0)
        return -1;
    struct session_caller caller = {options, live_feed_new(plan, work_dir)};
    const struct run_observer observer = {.progress = session_hear_progress, .context = &caller};
    struct session_options heard = *options;
    heard.observer = &observer;
    heard.record_done = session_hear_record;
    heard.context = &caller;
    int status = options->driver->relocate != NULL ? relocated_run(plan, &heard, work_dir, err)
                                                   : session_run_here(plan, &heard, work_dir, err);
    live_feed_free(caller.feed);
    (void)file_remove_tree(work_dir, NULL);
    return status;
}

/* For session_run_for(): what is told to the session that waits. */
struct session_teller {
    int fd;
};

static void session_tell_progress(void *context, const struct run_progress *progress)
{
    const struct session_teller *teller = context;
    message_send_progress(teller->fd, progress);
}

static void session_tell_record(void *context, struct record *record, const char *dir)
{
    const struct session_teller *teller = context;
    (void)dir;
    message_send_record(teller->fd, record->id);
    record_free(record);
}

int session_run_for(const char *work_dir, const struct driver *driver,
                    const struct driver_options *driver_options,
                    const struct run_instruments *instruments, int messages_fd, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(RELOCATED_PLAN_MAX_BYTES);
    CLEANUP(freep) char *plan_path = file_join(work_dir, RELOCATED_PLAN_FILE);
    CLEANUP(plan_freep) struct plan *plan = NULL;
    if (plan_path == NULL)
        return error_out_of_memory(err);
    if (file_read(AT_FDCWD, plan_path, &text, err) < 0 ||
        plan_read(plan_path, buffer_text(&text), text.length, &plan, err) < 0 ||
        plan_check_groups(plan, err) < 0)
        return -1;

    struct session_teller teller = {.fd = messages_fd};
    const struct run_observer observer = {.progress = session_tell_progress, .context = &teller};
    const struct session_options options = {
        .driver = driver,
        .driver_options = driver_options,
        .observer = &observer,
        .instruments = instruments,
        .record_done = session_tell_record,
        .context = &teller,
    };
    const struct session_place place = {&options, work_dir, work_dir};
    for (size_t i = 0; i < plan->n_runs && interrupt_count() == 0;) {
        size_t n = plan_part_length(plan, i);
        int status = session_take(work_dir, plan->runs[i].id, err);
        if (status == 0)
            status = session_group_run(&place, &plan->runs[i], n, err);
        if (status < 0)
            return -1;
        i += n;
    }
    return 0;
}
