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
#include "driver/registry.h"
#include "run/data_folder.h"
#include "run/message.h"
#include "run/relocated.h"
#include "run/work_folder.h"
#include "scenario/record_files.h"

unsigned session_sweep(const char *results_dir)
{
    return work_folder_sweep(results_dir);
}

/* One run here: execute, store in `into`/ID, hand over. */
static int session_run_one(const struct session_options *options, const struct run_spec *spec,
                           const char *work_dir, const char *into, struct error *err)
{
    CLEANUP(record_freep) struct record *record = NULL;
    CLEANUP(freep) char *run_dir = NULL;
    CLEANUP(freep) char *log_path = NULL;
    CLEANUP(freep) char *load_log_path = NULL;
    CLEANUP(freep) char *collected_dir = NULL;
    CLEANUP(freep) char *data_dir = NULL;
    CLEANUP(freep) char *final_dir = file_join(into, spec->id);
    if (asprintf(&run_dir, "%s/%s.run", work_dir, spec->id) < 0)
        run_dir = NULL;
    if (run_dir != NULL)
        log_path = file_join(run_dir, "service.log");
    if (run_dir != NULL) {
        load_log_path = file_join(run_dir, "load.log");
        collected_dir = file_join(run_dir, "collected");
    }
    if (final_dir == NULL || log_path == NULL || load_log_path == NULL || collected_dir == NULL)
        return error_out_of_memory(err);
    if (record_new(spec, &record, err) < 0 || file_make_directories(run_dir, err) < 0 ||
        data_folder_make(work_dir, spec->id, &data_dir, err) < 0)
        return -1;

    const struct run_context context = {
        .driver = registry_for_run(options->driver, spec),
        .options = options->driver_options,
        .files = {.log_path = log_path,
                  .data_dir = data_dir,
                  .collected_dir = collected_dir,
                  .load_log_path = load_log_path},
        .observer = options->observer,
    };
    run_execute(&context, spec, record);
    data_folder_check(data_dir, record);
    if (options->results_dir != NULL)
        data_folder_remove(work_dir, spec->id, record); /* else who waits for us does it */
    if (record_store(record, run_dir, final_dir, err) < 0)
        return -1;
    options->record_done(options->context, take_ptr(&record), final_dir);
    return 0;
}

static int session_run_here(const struct plan *plan, const struct session_options *options,
                            const char *work_dir, struct error *err)
{
    for (size_t i = 0; i < plan->n_runs && interrupt_count() == 0; i++)
        if (session_run_one(options, &plan->runs[i], work_dir, options->results_dir, err) < 0)
            return -1;
    return 0;
}

/* Whoever makes the folder has the run: there may be others at work on the plan, in other guests.
 * 1: it is taken. */
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

int session_run(const struct plan *plan, const struct session_options *options, struct error *err)
{
    CLEANUP(freep) char *work_dir = NULL;
    if (work_folder_make(options->results_dir, WORK_FOLDER_SESSION, &work_dir, err) < 0)
        return -1;
    int status = options->driver->relocate != NULL ? relocated_run(plan, options, work_dir, err)
                                                   : session_run_here(plan, options, work_dir, err);
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
                    const struct driver_options *driver_options, int messages_fd, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(RELOCATED_PLAN_MAX_BYTES);
    CLEANUP(freep) char *plan_path = file_join(work_dir, RELOCATED_PLAN_FILE);
    CLEANUP(plan_freep) struct plan *plan = NULL;
    if (plan_path == NULL)
        return error_out_of_memory(err);
    if (file_read(AT_FDCWD, plan_path, &text, err) < 0 ||
        plan_read(plan_path, buffer_text(&text), text.length, &plan, err) < 0)
        return -1;

    struct session_teller teller = {.fd = messages_fd};
    const struct run_observer observer = {.progress = session_tell_progress, .context = &teller};
    const struct session_options options = {
        .driver = driver,
        .driver_options = driver_options,
        .observer = &observer,
        .record_done = session_tell_record,
        .context = &teller,
    };
    for (size_t i = 0; i < plan->n_runs && interrupt_count() == 0; i++) {
        int status = session_take(work_dir, plan->runs[i].id, err);
        if (status == 0)
            status = session_run_one(&options, &plan->runs[i], work_dir, work_dir, err);
        if (status < 0)
            return -1;
    }
    return 0;
}
