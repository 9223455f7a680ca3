#include "instrument/script_heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* A service that is ready has long loaded what comes before its own code; one whose first process
 * is a wrapper may be ready before that. */
#define LOAD_BOUND_NS (5 * NSEC_PER_SEC)

struct script_heap {
    const struct script_runtime *runtime;
    struct script_door *door;
    unsigned answers; /* at the last floor */
    unsigned silent;  /* of all floors */
};

/* Where nothing can be put into the environment, or what is put there is not seen. */
static int script_heap_check_place(const struct script_runtime *runtime,
                                   const struct settings *settings, struct error *err)
{
    if (settings->attach != NULL) {
        error_set(err, ERROR_ENVIRONMENT,
                  "%s: what runs already has not loaded the script that tells what its heap "
                  "holds; have leakcage start it",
                  runtime->title);
        return 1;
    }
    if (settings->image != NULL) {
        error_set(err, ERROR_ENVIRONMENT,
                  "%s: a container does not see the script that tells what its heap holds; run "
                  "the program without the image",
                  runtime->title);
        return 1;
    }
    return 0;
}

int script_heap_begin(struct instrument_share *share, const struct script_runtime *runtime,
                      struct instrument_environment *environment, struct script_heap **ret,
                      struct error *err)
{
    if (script_heap_check_place(runtime, &share->site->spec->settings, err) == 1)
        return 1;
    struct script_heap *heap = calloc(1, sizeof(*heap));
    if (heap == NULL)
        return error_out_of_memory(err);
    heap->runtime = runtime;
    if (script_door_open(runtime->script, runtime->file, &heap->door, err) < 0 ||
        (runtime->library != NULL &&
         script_door_add(heap->door, runtime->library, runtime->library_file, err) < 0) ||
        runtime->load(environment, script_door_folder(heap->door), err) < 0) {
        script_heap_end(heap);
        return error_prefix(err, "%s", runtime->title);
    }
    *ret = heap;
    return 0;
}

int script_heap_ready(struct script_heap *heap, struct error *err)
{
    if (script_door_wait(heap->door, LOAD_BOUND_NS) > 0)
        return 0;
    error_set(err, ERROR_SERVICE, "no process of it has loaded leakcage's script for %s: %s",
              heap->runtime->title, heap->runtime->not_loaded);
    return 1;
}

static int script_heap_add(pid_t pid, const char *text, size_t length, void *context,
                           struct error *err)
{
    (void)pid;
    return held_text_read(text, length, context, err);
}

int script_heap_snapshot(struct script_heap *heap, const char *dir, size_t cycle, struct error *err)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    unsigned silent = 0;
    if (held_text_profile(&profile, err) < 0)
        return -1;
    if (script_door_ask(heap->door, script_heap_add, profile, &heap->answers, &silent, err) < 0)
        return error_prefix(err, "%s", heap->runtime->title);
    heap->silent += silent;
    if (heap->answers == 0)
        return error_set(err, ERROR_SERVICE, "no process of %s answers%s", heap->runtime->title,
                         silent > 0 ? ": the one there is was busy for 30 s" : "");
    profile->time_ns = clock_wall_ms() * NSEC_PER_MSEC;
    return instrument_store(profile, dir, heap->runtime->name, cycle, err);
}

void script_heap_effect(const struct script_heap *heap, char *text, size_t size)
{
    int length = snprintf(text, size, "%s", heap->runtime->effect);
    if (heap->silent > 0 && length > 0 && (size_t)length < size)
        snprintf(text + length, size - (size_t)length,
                 "; %u that were busy for 30 s at a floor are not in it", heap->silent);
}

void script_heap_end(struct script_heap *heap)
{
    if (heap == NULL)
        return;
    script_door_close(heap->door);
    free(heap);
}
