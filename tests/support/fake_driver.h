#pragma once
/* Driver fake: plays a scripted memory curve, with no processes and no cgroups, so that everything
 * above the driver contract can be tested anywhere and at once.
 *
 * The script is the service's command, words in any order behind the first:
 *     bytes=1048576   footprint at the start (1 MiB when not said)
 *     grow=8192       more with every reading
 *     lazy=1048576    so much more that was freed lazily: reclaim and squeeze take it
 *     oom=10          killed for memory at reading 10
 *     exit=5:3        ends with status 3 at reading 5; exit=0:3: at once
 *     oom-idle=50     killed for memory when nobody has read for more than so many milliseconds
 *     dies=700        is there for so many milliseconds after it was killed for memory
 *     ignore-term     SIGTERM does nothing: stop has to wait for the deadline and kill
 *     never-ready     nothing listens on the endpoint (else connections are accepted, unanswered)
 *     cannot-start    start fails as for a program that is not executable
 *     write           a line into LEAKCAGE_DATA/starts with every start, and a folder there that
 *                     keeps everybody out
 * A reading is any call of read or survey; squeeze takes two. limit_bytes of the settings kills as
 * well, also what a squeeze fills, if taking all that was freed lazily is not enough.
 *
 * With one of these words it answers requests (see http_server.h for its paths), and memory follows
 * from them, the same whatever the time:
 *     serve           no more than that
 *     keep=4096       so much stays of every request…
 *     keep-at-most=65536  …up to so much in all: a cache
 *     hold=1048576    so much of every request while it is under way: transient memory
 *     retain=1048576  so much stays once there was a request, until there is a POST to /trim
 *     exit-after=20:3 ends with status 3 at the first reading after 20 requests
 * It prints "fake service started" into its log. */
#include "driver/driver.h"

extern const struct driver fake_driver;
