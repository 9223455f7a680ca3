#pragma once
/* The explanation: what grows between floors in step with the work, by the place in the code that
 * took it, and how much of the growth that the kernel counted that is. Pure: two records and
 * profiles in, an explanation out.
 *
 * Of every profile that was kept at each judged floor (collected/NAME.CYCLE), each place has a
 * series of values over requests. What rises in step with them is told apart from what comes and
 * goes; what is only held is no entry, and is shown where nothing grows. A place is the line to
 * look at: what several instruments say of one place is one entry with a part for each.
 *
 * Bytes. The floor's growth has areas (anonymous, shared, kernel). Heap and mappings explain
 * anonymous memory, or pages where those explain more; files and shared mappings explain shared
 * memory. What the kernel keeps is divided among the threads and descriptors that grow, for nobody
 * counts it by object. No byte is explained twice: what the heap has from mappings is the heap's,
 * and a place has no more than its share of what was measured. */
#include "explain/explanation_source.h"
#include "scenario/record_files.h"

#define EXPLANATION_ENTRIES_MAX 32
#define EXPLANATION_STACK_MAX   192 /* a thread's, and that of who started it */
#define EXPLANATION_PARTS_MAX   8
#define EXPLANATION_AREAS_MAX   4
#define EXPLANATION_NODES_MAX   400
#define EXPLANATION_TEXT_MAX    600
#define EXPLANATION_SOURCE_MAX  16
#define EXPLANATION_FILE        "explanation.json"
#define EXPLANATION_FOLDER      "explain" /* in the folder of the run that is explained */

struct explanation_frame {
    const char *function;
    const char *file;   /* source; "": not known */
    int64_t line;       /* 0: not known */
    const char *module; /* the program or library; "": not known */
    bool is_system;     /* of the system or of a runtime, not of the service */
};

/* What one instrument says of a place. */
struct explanation_part {
    const char *instrument; /* "heap", "pages", "mappings", "descriptors", "threads", "files", … */
    const char *label;      /* "tcp to 127.0.0.1:80, CLOSE_WAIT"; "": none */
    double bytes_per_request; /* of the growth that was measured; 0: another part explains it */
    double objects_per_request;
    double held_bytes, held_objects; /* at the last judged floor, as the instrument counts them */
};

struct explanation_entry {
    struct explanation_frame *frames; /* leaf first: of the stack that grows (is held) most */
    unsigned n_frames;
    unsigned line_frame; /* the line to look at: the innermost of the service's own code; of a
                            thread: where it waits; n_frames: there is none */
    unsigned origin; /* of threads: from here on it is the stack of who started them; n_frames: not
                        known */
    unsigned origin_frame; /* the line to look at in that; n_frames: there is none */
    unsigned more_stacks;  /* other stacks that are the same place */
    struct explanation_part parts[EXPLANATION_PARTS_MAX]; /* the most bytes first */
    unsigned n_parts;
    struct explanation_source source; /* around the line of explanation_place() */
    double bytes_per_request;         /* explained by it */
    double share;                     /* of the growth that was measured, 0 to 1 */
    double held_bytes;                /* at the last judged floor */
};

/* A part of the floor: "anonymous", "shared", "kernel"; "heap" alone where growth is of what a
 * collected heap has in use. */
struct explanation_area {
    const char *name;
    double measured_rate; /* negative: it shrinks */
    double explained_rate;
};

/* A call of the tree of what grows: the root's children are where threads begin. */
struct explanation_node {
    int64_t parent; /* a node before it; -1: a root */
    struct explanation_frame frame;
    double bytes_per_request; /* with all that it calls */
};

/* Every rate is per request, or per second when by_time. */
struct explanation {
    struct arena *arena;  /* owns all text, frames and nodes */
    bool grows;           /* something grows in step with the work */
    bool by_time;         /* rates are per second: it grows by the clock */
    double measured_rate; /* bytes per request (or second) of the run with instruments */
    double explained_rate;
    double share; /* explained of measured, 0 to 1; 0 when nothing grows */
    struct explanation_area areas[EXPLANATION_AREAS_MAX];
    unsigned n_areas;
    char missing[EXPLANATION_TEXT_MAX]; /* below 80 %: what is missing, and where to look; "" */
    struct explanation_entry *entries;  /* descriptors or threads that are the cause, then the
                                         largest share first */
    unsigned n_entries;
    struct explanation_entry *held; /* the most held at the last floor, whether it grows or not */
    unsigned n_held;
    char holding[EXPLANATION_TEXT_MAX]; /* where nothing grows: what is held, and by whom; "" */
    struct explanation_node *nodes;     /* largest child first; below 1 % is left out */
    unsigned n_nodes;
    /* Does the run with instruments say what the plain one said? */
    bool agrees;
    char disagreement[EXPLANATION_TEXT_MAX]; /* what is different, whose effect it may be; "" */
    double slowdown; /* throughput of the plain run by that with instruments; 0: not known */
};

/* An empty one; release it with explanation_free(). */
int explanation_new(struct explanation **ret, struct error *err);
void explanation_free(struct explanation *explanation);   /* NULL is fine */
void explanation_freep(struct explanation **explanation); /* for CLEANUP */

/* Explain `plain` (the run that showed it) by `instrumented` (its repetition, which has a folder).
 * The caller owns *ret. */
int explanation_make(const struct stored_record *plain, const struct stored_record *instrumented,
                     struct explanation **ret, struct error *err);

/* The frame of the line to look at: of threads, where they were started if that is known. NULL:
 * none has a name. Borrowed. */
const struct explanation_frame *explanation_place(const struct explanation_entry *entry);

/* What an instrument counts, "blocks", "threads"; `one`: "block", "thread". */
const char *explanation_object_word(const char *instrument, bool one);
