#include "cli/places.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first of these that exists, relative to the executable's folder; "" when none does. */
static void places_first(const char *folder, const char *const *candidates, char *ret, size_t size)
{
    ret[0] = '\0';
    for (; *candidates != NULL; candidates++) {
        char path[8192];
        char *resolved = NULL;
        int length = snprintf(path, sizeof(path), "%s/%s", folder, *candidates);
        if (length < 0 || (size_t)length >= sizeof(path) ||
            (resolved = realpath(path, NULL)) == NULL)
            continue;
        bool fits = strlen(resolved) < size;
        if (fits)
            memcpy(ret, resolved, strlen(resolved) + 1);
        free(resolved);
        if (fits)
            return;
    }
}

int places_find(struct places *ret, struct error *err)
{
    ssize_t length = readlink("/proc/self/exe", ret->program, sizeof(ret->program) - 1);
    if (length < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot find this program itself");
    ret->program[length] = '\0';

    char folder[sizeof(ret->program)];
    memcpy(folder, ret->program, sizeof(folder));
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    static const char *const services[] = {"services", "../libexec/leakcage/services", NULL};
    static const char *const scenarios[] = {"scenarios", "../share/leakcage/scenarios", NULL};
    static const char *const inits[] = {"leakcage-init", "../libexec/leakcage/leakcage-init", NULL};
    static const char *const fetchers[] = {"fetch-kernel.sh", "../libexec/leakcage/fetch-kernel.sh",
                                           NULL};
    places_first(folder, fetchers, ret->kernel_fetcher, sizeof(ret->kernel_fetcher));
    places_first(folder, services, ret->services, sizeof(ret->services));
    places_first(folder, scenarios, ret->scenarios, sizeof(ret->scenarios));
    places_first(folder, inits, ret->guest_init, sizeof(ret->guest_init));
    return 0;
}
