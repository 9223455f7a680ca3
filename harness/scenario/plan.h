#pragma once
/* A plan: scenarios resolved and expanded into runs, in order, with nothing left to validate.
 *
 * A run_spec is one execution: settings in which every placeholder is replaced ({services}, {dir})
 * but those that are known when it starts ({data} and the ports), every command found, absolute and
 * executable, every cwd absolute and there, every value in range and consistent with the others. A
 * plan can be written as JSON and read back the same: that is how the vm driver hands it to the
 * guest, where another leakcage runs it. */
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "scenario/scenario.h"

#define PLAN_RUNS_MAX 4096

struct run_spec {
    char id[2 * SCENARIO_NAME_MAX + 16]; /* "unclosed-body", "unclosed-body.fixed", and ".TAG"
                                            behind it; ".2" is added to the second of a kind: a file
                                            name, unique in the plan */
    const char *tag;                     /* "race-jemalloc"; NULL: none */
    const char *alias;                   /* its id, in place of one made of its names; NULL: none */
    unsigned repeat;                     /* the number at the end of its id; 0: there is none */
    const char *scenario;                /* name */
    const char *variant;                 /* NULL: the scenario as it stands */
    const char *about;                   /* NULL: none */
    const char *source;                  /* file it came from, for messages */
    const char *label;     /* how people read the variant: "race+jemalloc"; NULL: its name */
    const char *build;     /* which build of the program it is; NULL: nobody chose */
    const char *allocator; /* …and which allocator is preloaded */
    const char *sanitizer_options; /* "ASAN_OPTIONS=…": what leakcage has put into the service's
                                      environment because a sanitizer is in it; NULL: nothing */
    unsigned group;    /* runs of a group (> 0), which stand together, take turns cycle by cycle */
    unsigned position; /* which of the variants of a comparison it is, from 1; 0: of none */
    struct settings settings;
};

/* Everything that it points to lives as long as the plan. */
struct plan {
    struct run_spec *runs;
    size_t n_runs;
    struct arena *arena;
};

/* What "{services}" becomes. Programs and folders that are relative belong to the scenario's file,
 * or to the working directory when the scenario is the command line; a program without a slash is
 * looked up in PATH. */
struct plan_paths {
    const char *services_dir; /* where the sample services are; NULL: {services} is an error */
    /* Both absolute, or both NULL: a folder below `from` stands for the same folder below `to`,
     * for the service and its dependencies (not for the load, which stays the same). */
    const char *from;
    const char *to;
};

/* An empty plan; the caller owns *ret. */
int plan_new(struct plan **ret, struct error *err);
void plan_free(struct plan *plan);
void plan_freep(struct plan **plan); /* for CLEANUP */

/* Append one run of the scenario: `variant` NULL is the scenario itself; an unknown variant is an
 * error that lists those there are. All is copied. On failure the plan is as it was. */
int plan_add(struct plan *plan, const struct scenario *scenario, const char *variant,
             const struct plan_paths *paths, struct error *err);

/* The scenario itself, then each variant. */
int plan_add_all(struct plan *plan, const struct scenario *scenario, const struct plan_paths *paths,
                 struct error *err);

/* The variant of this name; NULL and an error that lists those there are. Borrowed. */
const struct scenario_variant *plan_find_variant(const struct scenario *scenario, const char *name,
                                                 struct error *err);

/* Append a copy of a run, of this plan or of another one that lives as long as this; it gets an id
 * of its own. */
int plan_append(struct plan *plan, const struct run_spec *run, struct error *err);

/* Append a run like the one at `index`, which only its id tells apart. */
int plan_repeat(struct plan *plan, size_t index, struct error *err);

/* Write the plan as JSON, and read such a text back. */
int plan_write(const struct plan *plan, struct buffer *out, struct error *err);
int plan_read(const char *source, const char *text, size_t length, struct plan **ret,
              struct error *err);

/* What is known when a run is about to start. */
struct plan_values {
    const uint16_t *ports; /* of the service (0) and its dependencies (1…) */
    const char *data_dir;  /* {data}, absolute */
};

/* The final text of one argument, environment entry or cwd of a program, `self`: the service (index
 * 0) or a dependency (1…). {port} becomes ports[self], {NAME.port} and {service.port} that of the
 * one named, {data} the folder, {{word}} the text "{word}". Malloc'd; NULL when out of memory or
 * when a placeholder is unknown (which plan_add has excluded). */
char *plan_fill_values(const struct settings *settings, unsigned self, const char *text,
                       const struct plan_values *values);
