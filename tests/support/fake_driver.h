#pragma once
/* Driver fake: plays a scripted memory curve, with no processes and no cgroups, so that everything
 * above the driver contract can be tested anywhere and at once.
 *
 * The script is the service's command, words in any order behind the first:
 *     bytes=1048576   footprint at the start (1 MiB when not said)
 *     grow=8192       more with every reading
 *     oom=10          killed for memory at reading 10
 *     exit=5:3        ends with status 3 at reading 5; exit=0:3: at once
 *     ignore-term     SIGTERM does nothing: stop has to wait for the deadline and kill
 *     never-ready     nothing listens on the endpoint (else connections are accepted, unanswered)
 *     cannot-start    start fails as for a program that is not executable
 * A reading is any call of read or survey. limit_bytes of the settings kills as well. */
#include "driver/driver.h"

extern const struct driver fake_driver;
