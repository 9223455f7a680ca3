#pragma once
/* The inside of driver container, shared by its files (container*.c). */
#include "driver/container_facts.h"
#include "driver/driver.h"
#include "driver/engine.h"
#include "driver/last_reading.h"
#include "driver/service_log.h"
#include "memory/cgroup.h"
#include "memory/cgroup_layout.h"
#include "memory/cgroup_reader.h"

#define CONTAINER_PROGRAMS_MAX (1 + SCENARIO_DEPENDENCIES_MAX)
#define CONTAINER_ENDPOINT_MAX 40
#define CONTAINER_NAME_MAX     128

struct instance {
    struct container_engine engine;
    char *home;   /* owned; engine.home; NULL: none */
    char *image;  /* owned; as the engine names it */
    char *folder; /* owned; where the engine writes ids */
    char name[CONTAINER_NAME_MAX];
    struct image_facts facts;
    struct process run; /* the engine's command line, attached to the container */
    bool was_run;       /* there may be a container to remove */
    pid_t pid;          /* of the container's first process; 0: not known */
    int pidfd;
    char cgroup[CGROUP_PATH_MAX];
    int cgroup_fd;
    struct cgroup_reader *reader;
    struct last_reading *last;
    int proc_fd;
    struct cgroup *dependencies;                      /* owned; NULL: there are none */
    struct process processes[CONTAINER_PROGRAMS_MAX]; /* of dependencies (1…) */
    struct service_log *logs[CONTAINER_PROGRAMS_MAX]; /* 0: the service's; owned */
    unsigned n_programs;
    uint16_t ports[CONTAINER_PROGRAMS_MAX]; /* of the service (0): inside */
    uint16_t host_port;                     /* published; 0: the machine's network */
    char endpoints[CONTAINER_PROGRAMS_MAX][CONTAINER_ENDPOINT_MAX];
    bool main_ended;
    struct process_end main_end;
    bool asked_engine; /* after the end */
    struct engine_state engine_state;
};

/* Find out what the image wants, and choose the ports. */
int container_plan_start(const struct driver_options *options, const struct settings *settings,
                         struct instance *instance, struct error *err);

/* Start the dependencies and the container, and find its first process and its cgroup. On failure
 * the caller destroys what is there. */
int container_bring_up(const struct settings *settings, const struct run_files *files,
                       struct instance *instance, struct error *err);

/* The facts of this instance's container, asked of the engine. */
int container_ask(const struct container_engine *engine, const char *name,
                  struct container_facts *ret, struct error *err);

/* Is loopback the only network of this machine? */
bool container_is_alone(void);
