#pragma once
/* Ports on 127.0.0.1 that nobody listens on. */
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Could a service listen there? Connections that linger on the port do not matter. */
bool free_ports_is_free(uint16_t port);

/* Replace every 0 among ports[n] by a free port, all of them different: free on every address, not
 * on 127.0.0.1 alone, for a service may bind them all. They are free when this returns; whoever is
 * started next should take them. */
int free_ports_choose(uint16_t *ports, unsigned n, struct error *err);
