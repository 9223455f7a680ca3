#pragma once
/* What an engine's `inspect` tells of a container, and of an image. Pure: JSON in, facts out.
 *
 * podman and docker print the same keys, nearly: docker's container names begin with "/", podman
 * 4.3 does not list the exposed ports of a container. What is absent is absent here, too. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "driver/instance_state.h"

#define CONTAINER_PORTS_MAX 16
#define CONTAINER_ID_MAX    72

/* A TCP port of the container; `host` 0: not published. */
struct container_port {
    uint16_t inside;
    uint16_t host;
    char host_ip[46]; /* "" or "0.0.0.0": every address of the machine */
};

struct container_facts {
    char id[CONTAINER_ID_MAX];
    char name[128];
    char image[256];
    pid_t pid; /* of its first process, as this machine counts; 0: it does not run */
    struct engine_state engine;
    bool restarting;         /* ended, and the engine is about to start it again */
    bool restarts_by_itself; /* the engine starts it again when it ends */
    uint64_t limit_bytes;    /* as the engine was told; UINT64_MAX: none */
    char network[160];       /* "host", "bridge", "container:ID" */
    struct container_port ports[CONTAINER_PORTS_MAX];
    unsigned n_ports;
    uint16_t env_port; /* PORT in its environment; 0: none */
};

struct image_facts {
    uint16_t ports[CONTAINER_PORTS_MAX]; /* TCP, as EXPOSE lists them */
    unsigned n_ports;
    bool has_command; /* ENTRYPOINT or CMD: what runs when nothing is said */
    int stop_signal;  /* STOPSIGNAL; 0: not set, or by a name we do not know */
};

/* Read the output of `podman inspect --type container` or `docker inspect`: an array of one. `name`
 * is what errors call it. */
int container_facts_parse(const char *name, const char *text, size_t length,
                          struct container_facts *ret, struct error *err);

/* The same of `image inspect`. */
int image_facts_parse(const char *name, const char *text, size_t length, struct image_facts *ret,
                      struct error *err);

/* Read an image's own configuration, as archives hold it. */
int image_facts_parse_config(const char *name, const char *text, size_t length,
                             struct image_facts *ret, struct error *err);

/* "http://127.0.0.1:8080" to reach the container from this machine, into text[size]: the published
 * port, or with the host's network that of the container; the one that `inside` means, 0: the only
 * one there is. -1: there is none, or it does not tell which; the error says what to do. */
int container_facts_endpoint(const struct container_facts *facts, uint16_t inside, char *text,
                             size_t size, struct error *err);
