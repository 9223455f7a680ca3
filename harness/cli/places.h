#pragma once
/* Where things are, as seen from the executable: in the build folder, or installed. */
#include "base/error.h"

struct places {
    char program[4096];        /* this executable */
    char services[4096];       /* the sample services; "" when there are none */
    char scenarios[4096];      /* the catalogue; "" when there is none */
    char guest_init[4096];     /* the guest's init */
    char kernel_fetcher[4096]; /* what fetches the guest's kernel; "" when it is not there */
};

/* Look. Only a program that cannot find itself is an error. */
int places_find(struct places *ret, struct error *err);
