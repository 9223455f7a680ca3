#include "instrument/instruments.h"

#include "instrument/go_profiles.h"
#include "instrument/heaptrack.h"
#include "instrument/held_files.h"
#include "instrument/instrument_set.h"
#include "instrument/java_classes.h"
#include "instrument/kernel_events.h"
#include "instrument/malloc_probes.h"
#include "instrument/node_heap.h"
#include "instrument/python_heap.h"
#include "instrument/thread_stacks.h"

/* In this order they begin and look: heaptrack, Node's and Python's need a place in the
 * environment, and the kernel's events tell who started the threads that are looked at. */
static const struct instrument *const instruments_all[] = {
    &instrument_heaptrack,     &instrument_malloc_probes,
    &instrument_node,          &instrument_python,
    &instrument_kernel_events, &instrument_thread_stacks,
    &instrument_held_files,    &instrument_go,
    &instrument_java,          NULL,
};

static int instruments_begin(const struct instrument_site *site, struct instruments **ret,
                             struct error *err)
{
    return instrument_set_new(site, instruments_all, ret, err);
}

const struct run_instruments instruments_table = {
    .begin = instruments_begin,
    .environment = instrument_set_environment,
    .started = instrument_set_started,
    .ready = instrument_set_ready,
    .settled = instrument_set_settled,
    .floor = instrument_set_floor,
    .end = instrument_set_end,
};
