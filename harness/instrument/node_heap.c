#include "instrument/node_heap.h"

#include <stdio.h>

#include "instrument/script_heap.h"

#define SCRIPT_FILE "leakcage.js"

static int node_load(struct instrument_environment *environment, const char *folder,
                     struct error *err)
{
    char value[256];
    snprintf(value, sizeof(value), "--require=%s/" SCRIPT_FILE, folder);
    return instrument_environment_add(environment, "NODE_OPTIONS", value, ' ', err);
}

static const struct script_runtime node_runtime = {
    .name = "node",
    .title = "Node",
    .script = &script_text_node,
    .file = SCRIPT_FILE,
    .not_loaded = "it is not Node, sets NODE_OPTIONS itself, or clears its environment",
    .effect = "V8 samples an allocation in 4 KiB, and garbage is collected at each floor; "
              "NODE_OPTIONS is set; lines are those on which functions begin",
    .load = node_load,
};

static int node_begin(struct instrument_share *share, struct instrument_environment *environment,
                      void **ret, struct error *err)
{
    struct script_heap *heap = NULL;
    int status = script_heap_begin(share, &node_runtime, environment, &heap, err);
    if (status == 0)
        *ret = heap;
    return status;
}

static int node_ready(void *self, const struct instrument_target *target, struct error *err)
{
    (void)target;
    return script_heap_ready(self, err);
}

static int node_snapshot(void *self, const char *dir, size_t cycle, struct error *err)
{
    return script_heap_snapshot(self, dir, cycle, err);
}

static void node_effect(const void *self, char *text, size_t size)
{
    script_heap_effect(self, text, size);
}

static void node_end(void *self)
{
    script_heap_end(self);
}

const struct instrument instrument_node = {
    .kinds = 1u << INSTRUMENT_NODE,
    .begin = node_begin,
    .ready = node_ready,
    .snapshot = node_snapshot,
    .effect = node_effect,
    .end = node_end,
};
