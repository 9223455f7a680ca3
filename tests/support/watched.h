#pragma once
/* Runs made by hand, told to a live view word by word, as a run tells them. */
#include "view/watch_state.h"

/* A run of cycles: a second and a half each, of which two thirds are load. Then a probe. */
struct watched {
    const char *id;
    uint64_t limit_bytes; /* UINT64_MAX: none */
    double cycles;        /* so many are seen: 2.5 is in the middle of the third */
    double leak_bytes;    /* per request; 100 of them a cycle */
    bool bare;            /* nothing but phase and time is known */
    unsigned killed_in;   /* the cycle in which it is killed and started again; 0: it is not */
};

/* Tell all of it. */
void watched_tell(const struct watched *watched, struct watch_state *state);

/* One word: nothing is known but the time. */
struct run_progress watched_word(const char *id, const char *phase, nsec_t elapsed_ns);
