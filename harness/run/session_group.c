#include "run/session_group.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "driver/registry.h"
#include "run/data_folder.h"
#include "run/result_lock.h"
#include "run/turns.h"
#include "scenario/record_files.h"
#include "scenario/run_file.h"

/* What the runs of a group share. */
struct group {
    const struct session_place *place;
    struct turns *turns;
    struct error error; /* of the session; touched only by who has the turn */
};

struct group_member {
    struct group *group;
    const struct run_spec *spec;
    struct turns_seat *seat;
    pthread_t thread;
};

/* One run here: execute, store in `into`/ID, hand over. `seat` NULL: alone. */
static int group_run_one(const struct session_place *place, const struct run_spec *spec,
                         struct turns_seat *seat, struct error *err)
{
    const struct session_options *options = place->options;
    const char *work_dir = place->work_dir;
    CLEANUP(record_freep) struct record *record = NULL;
    CLEANUP(freep) char *run_dir = NULL;
    CLEANUP(freep) char *log_path = NULL;
    CLEANUP(freep) char *load_log_path = NULL;
    CLEANUP(freep) char *collected_dir = NULL;
    CLEANUP(freep) char *data_dir = NULL;
    CLEANUP(freep) char *final_dir = file_join(place->into, spec->id);
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
    if (record_new(spec, &record, err) < 0 || file_make_private_directory(run_dir, err) < 0 ||
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
        .instruments = options->instruments,
        .seat = seat,
    };
    run_execute(&context, spec, record);
    data_folder_check(data_dir, record);
    /* Else who waits for us does both. */
    if (options->results_dir != NULL) {
        data_folder_remove(work_dir, spec->id, record);
        if (file_keep_plain(run_dir, err) < 0 || run_file_store(spec, run_dir, err) < 0)
            return -1;
    }
    CLEANUP(closep)
    int lock_fd = options->results_dir != NULL ? result_lock(options->results_dir) : -1;
    (void)lock_fd; /* held until here is left */
    if (record_store(record, run_dir, final_dir, err) < 0)
        return -1;
    options->record_done(options->context, take_ptr(&record), final_dir);
    return 0;
}

static void *group_member_run(void *context)
{
    const struct group_member *member = context;
    struct group *group = member->group;
    struct error err = {.kind = ERROR_NONE};
    if (turns_enter(member->seat, NULL) == 0 &&
        group_run_one(group->place, member->spec, member->seat, &err) < 0) {
        if (group->error.kind == ERROR_NONE)
            group->error = err;
        turns_end(group->turns);
    }
    turns_leave(member->seat);
    return NULL;
}

/* Start the members' threads. Returns how many there are; seats without one are left. */
static size_t group_start(struct group *group, struct group_member *members, size_t n,
                          struct error *err)
{
    size_t started = 0;
    int failure = 0;
    for (; started < n && failure == 0; started += failure == 0)
        failure =
            pthread_create(&members[started].thread, NULL, group_member_run, &members[started]);
    if (failure == 0)
        return n;
    error_set_errno(err, ERROR_ENVIRONMENT, failure, "cannot make a thread");
    turns_end(group->turns);
    for (size_t i = started; i < n; i++)
        turns_leave(members[i].seat);
    return started;
}

int session_group_run(const struct session_place *place, const struct run_spec *runs, size_t n,
                      struct error *err)
{
    if (n == 1)
        return group_run_one(place, &runs[0], NULL, err);
    CLEANUP(turns_freep) struct turns *turns = NULL;
    CLEANUP(freep) struct group_member *members = calloc(n, sizeof(*members));
    if (members == NULL)
        return error_out_of_memory(err);
    if (turns_new((unsigned)n, &turns, err) < 0)
        return -1;
    struct group group = {.place = place, .turns = turns};
    for (size_t i = 0; i < n; i++)
        members[i] = (struct group_member){
            .group = &group, .spec = &runs[i], .seat = turns_seat(turns, (unsigned)i)};

    struct error failure = {.kind = ERROR_NONE};
    size_t started = group_start(&group, members, n, &failure);
    for (size_t i = 0; i < started; i++)
        pthread_join(members[i].thread, NULL);
    if (group.error.kind != ERROR_NONE)
        failure = group.error;
    if (failure.kind == ERROR_NONE)
        return 0;
    if (err != NULL)
        *err = failure;
    return -1;
}
