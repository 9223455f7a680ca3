#pragma once
/* The whole method on a simulated service: what verdict_next() asks for is done in simulated time,
 * until it is DONE or the time is up; then verdict_decide() speaks.
 *
 * A service is its floor as a function of the requests it has done (a shape). A cycle takes its
 * requests at the service's rate and 0.35 s of rest; what is above the limit is killed, and starts
 * again as a run would start it. Nothing depends on anything but the seed. */
#include "tests/support/random.h"
#include "verdict/verdict.h"

#define SIMULATION_WORK       250 /* requests of a cycle, unless the method asks for more */
#define SIMULATION_PARAMETERS 16

struct shape {
    const char *name;
    /* Draw the parameters, and the state that the floor carries on, of one service. */
    void (*draw)(struct random *random, double *parameters);
    /* Bytes, when so many requests were done since it started; called with ever more of them. */
    double (*floor)(struct random *random, double *parameters, double requests);
    /* The same of what a collected heap has in use, told at every floor after a collection; NULL:
     * no such heap. */
    double (*heap)(struct random *random, double *parameters, double requests);
};

struct simulation_result {
    struct verdict verdict;
    double requests; /* done until the verdict, of all starts */
    double seconds;  /* from ready to the verdict */
    bool repeated;   /* there was a repeat probe */
    double parameters[SIMULATION_PARAMETERS];
};

/* One run of a service of this shape that answers so many requests per second. */
void simulation_run(const struct shape *shape, uint64_t seed, double requests_per_s,
                    struct simulation_result *ret);
