#include "instrument/python_heap.h"

#include "instrument/script_heap.h"

#define SCRIPT_FILE  "sitecustomize.py"
#define LIBRARY_FILE "sampler.so" /* the script knows it */

static int python_load(struct instrument_environment *environment, const char *folder,
                       struct error *err)
{
    return instrument_environment_add(environment, "PYTHONPATH", folder, ':', err);
}

static const struct script_runtime python_runtime = {
    .name = "python",
    .title = "Python",
    .script = &script_text_python,
    .file = SCRIPT_FILE,
    .library = &script_text_sampler,
    .library_file = LIBRARY_FILE,
    .not_loaded = "it is not Python, was started with -I, -E or -S, or clears its environment",
    .effect = "an allocation in 4 KiB is looked at; PYTHONPATH is set, and each process "
              "has one more thread",
    .load = python_load,
};

static int python_begin(struct instrument_share *share, struct instrument_environment *environment,
                        void **ret, struct error *err)
{
    struct script_heap *heap = NULL;
    int status = script_heap_begin(share, &python_runtime, environment, &heap, err);
    if (status == 0)
        *ret = heap;
    return status;
}

static int python_ready(void *self, const struct instrument_target *target, struct error *err)
{
    (void)target;
    return script_heap_ready(self, err);
}

static int python_snapshot(void *self, const char *dir, size_t cycle, struct error *err)
{
    return script_heap_snapshot(self, dir, cycle, err);
}

static void python_effect(const void *self, char *text, size_t size)
{
    script_heap_effect(self, text, size);
}

static void python_end(void *self)
{
    script_heap_end(self);
}

const struct instrument instrument_python = {
    .kinds = 1u << INSTRUMENT_PYTHON,
    .begin = python_begin,
    .ready = python_ready,
    .snapshot = python_snapshot,
    .effect = python_effect,
    .end = python_end,
};
