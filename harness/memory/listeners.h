#pragma once
/* The TCP ports that some processes listen on: where what already runs can be reached. */
#include <netinet/in.h>

#include "base/error.h"
#include "memory/process_stat.h"

#define LISTENERS_MAX 16

struct listener {
    char host[INET6_ADDRSTRLEN + 2]; /* as in a URL: "0.0.0.0", "127.0.0.1", "[::]" */
    uint16_t port;
};

struct listeners {
    struct listener items[LISTENERS_MAX]; /* each port once, the lowest first */
    unsigned n;
};

/* What these processes listen on, in the network namespace of the first of them; those that are in
 * another, are gone or may not be read are left out. An address that anybody reaches goes before
 * one of the same port that not everybody does. */
int listeners_find(const struct process_id *processes, size_t n, int proc_dir_fd,
                   struct listeners *ret, struct error *err);
