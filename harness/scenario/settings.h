#pragma once
/* Settings: everything about a run that a scenario can say and a variant can replace. Plain values;
 * scenario.h tells where they come from, and who owns the strings. */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "load/profile.h"
#include "scenario/program.h"
#include "timeline/judgement.h"
#include "verdict/gate_budget.h"

#define SCENARIO_DEPENDENCIES_MAX 4
#define SCENARIO_COLLECT_MAX      8
#define SCENARIO_BUILDS_MAX       8
#define SCENARIO_CYCLES_MAX       100000
#define SCENARIO_LIMIT_MIN_BYTES  ((uint64_t)1024 * 1024)
#define SCENARIO_NO_LIMIT         UINT64_MAX

enum thp_mode { THP_NEVER, THP_SYSTEM };

/* What happens when the service has ended. At once: the method starts it again when it learns from
 * that. The others are Kubernetes' restartPolicy: after a back-off of 0, 10, 20, 40 … 300 s. */
enum restart_policy { RESTART_AT_ONCE, RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER };

struct restart {
    enum restart_policy policy;
    double time_scale; /* the back-off's times are divided by it */
};

/* Something to fetch at every floor, and to keep with the result. */
struct collect {
    const char *name; /* a scenario_is_name() */
    const char *url;  /* path of the service, or "http://127.0.0.1:PORT/…" */
};

/* What holds in place of the limit, and of the expectation, when the service is run in another
 * build (scenario/build.h): a race detector alone takes ten times the memory, and may leak where
 * the plain program does not. */
struct build_limit {
    const char *build;    /* a build_is_name() */
    uint64_t limit_bytes; /* memory.max; SCENARIO_NO_LIMIT: none */
};

struct build_expectation {
    const char *build; /* a build_is_name() */
    enum verdict_kind verdict;
    bool has_cause;
    enum cause cause; /* CAUSE_NONE without has_cause */
};

/* Everything that a variant may replace. */
struct settings {
    struct program service;
    struct program dependencies[SCENARIO_DEPENDENCIES_MAX];
    unsigned n_dependencies;
    const char *image;  /* run it in a container of this image; NULL: as a program. The command
                           may then be empty, for the image has its own */
    const char *engine; /* "podman", "docker"; NULL: the first there is */
    const char *attach; /* what runs already: a pid, a cgroup, "podman:NAME"…; NULL: start it */
    const char *pod;    /* metadata.name of the pod it comes from; NULL: none */
    const char *trim;   /* POST to this path, or "signal:NAME", asks the service to give memory
                           back; NULL: cannot */
    const char *gc;     /* the same, to have garbage collected before every floor; "none": do not;
                           NULL: only of a JVM that was started here */
    const char *heap_path; /* GET here answers with its allocator's numbers; NULL: none */
    struct collect collect[SCENARIO_COLLECT_MAX];
    unsigned n_collect;
    uint64_t limit_bytes; /* memory.max; SCENARIO_NO_LIMIT: none */
    uint64_t high_bytes;  /* memory.high; SCENARIO_NO_LIMIT: none */
    uint64_t min_bytes;   /* memory.min; SCENARIO_NO_LIMIT: none */
    bool oom_group;       /* memory.oom.group: the kernel kills all of it or nothing */
    struct restart restart;
    uint64_t pids; /* pids.max */
    double cpus;   /* cpu.max in processors; 0: no limit */
    enum thp_mode thp;
    struct load_profile load;
    unsigned cycles;          /* at most so many */
    unsigned cycles_min;      /* at least so many before a decision */
    uint64_t cycle_requests;  /* work of one cycle */
    uint64_t warmup_requests; /* work before the first cycle */
    nsec_t settle_ns;         /* rest after a cycle's load: at least so long */
    nsec_t budget_ns;         /* of the whole run, from ready */
    unsigned sample_hz;
    bool has_expectation;
    enum verdict_kind expect;
    bool expects_cause;
    enum cause expect_cause;
    struct build_limit limit_for[SCENARIO_BUILDS_MAX];
    unsigned n_limit_for;
    struct build_expectation expect_for[SCENARIO_BUILDS_MAX];
    unsigned n_expect_for;
    struct gate_budgets gate; /* how much more than the baseline's is let pass */
    uint32_t instruments;     /* what looks into the service meanwhile (scenario/instruments.h); no
                                 scenario says it */
};

/* What holds when nothing is said: no limit, 8 at a time, cycles of 250 requests, and so on. */
void settings_defaults(struct settings *settings);

/* The same where they suit requests and the work is now a command (settings.load.command): a
 * process takes 10 to 100 ms in an emulated guest. What was said otherwise stays. */
void settings_suit_command(struct settings *settings);

/* The service is run in this build: what limit_for and expect_for say of it becomes limit and
 * expectation, and both lists are empty then, for a build is chosen once. False when they say
 * nothing of it: limit and expectation stay. */
bool settings_choose_build(struct settings *settings, const char *build);

/* Words of settings.trim and .gc: every JVM; and of .gc: not even those. */
#define SERVICE_ASK_JVM  "jvm"
#define SERVICE_ASK_NONE "none"

/* Can this be settings.trim or .gc: a path, "signal:" and a signal's name without SIG, "jvm"?
 * ("none" is for .gc alone.) */
bool service_is_ask(const char *text);

/* Can this be collect.url: a path, or a URL of this machine's loopback? */
bool service_is_collect_url(const char *text);
