#pragma once
/* The heap of a runtime that loads a script of ours (script_door.h): what node_heap.c and
 * python_heap.c have in common. The profile is the sum of all processes (and threads with a heap of
 * their own) that answer. */
#include "instrument/held_text.h"
#include "instrument/instrument.h"
#include "instrument/script_door.h"

struct script_runtime {
    const char *name;  /* of the profile */
    const char *title; /* for people: "Node" */
    const struct script_text *script;
    const char *file;                  /* what it is called in its folder */
    const struct script_text *library; /* what it uses there, and (NULL: nothing) its name */
    const char *library_file;
    const char *not_loaded; /* why a process may not have loaded it */
    const char *effect;     /* what it does to the service */
    /* With the service's environment: have it load the script from there. */
    int (*load)(struct instrument_environment *environment, const char *folder, struct error *err);
};

struct script_heap;

/* instrument.begin. */
int script_heap_begin(struct instrument_share *share, const struct script_runtime *runtime,
                      struct instrument_environment *environment, struct script_heap **ret,
                      struct error *err);

/* instrument.ready, .snapshot and .effect. */
int script_heap_ready(struct script_heap *heap, struct error *err);
int script_heap_snapshot(struct script_heap *heap, const char *dir, size_t cycle,
                         struct error *err);
void script_heap_effect(const struct script_heap *heap, char *text, size_t size);

void script_heap_end(struct script_heap *heap); /* NULL is fine */
