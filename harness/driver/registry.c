#include "driver/registry.h"

#include <stdio.h>
#include <string.h>

#include "driver/attach.h"
#include "driver/native.h"
#include "driver/vm_driver.h"

const struct driver *const registry_drivers[] = {&native_driver, &vm_driver, NULL};

int registry_find(const char *name, const struct driver **ret, struct error *err)
{
    char names[128] = "auto";
    for (const struct driver *const *driver = registry_drivers; *driver != NULL; driver++) {
        if (strcmp((*driver)->name, name) == 0) {
            *ret = *driver;
            return 0;
        }
        size_t length = strlen(names);
        snprintf(names + length, sizeof(names) - length, ", %s", (*driver)->name);
    }
    return error_set(err, ERROR_USAGE, "there is no driver \"%.64s\", there are: %s", name, names);
}

const struct driver *registry_for_run(const struct driver *place, const struct run_spec *spec)
{
    return spec->settings.attach != NULL ? &attach_driver : place;
}

int registry_choose(const struct driver_options *options, const struct driver **ret,
                    struct error *err)
{
    char reasons[sizeof(err->text)] = "";
    size_t length = 0;
    for (const struct driver *const *driver = registry_drivers; *driver != NULL; driver++) {
        struct error why = {.kind = ERROR_NONE};
        if ((*driver)->probe(options, &why) == 0) {
            *ret = *driver;
            return 0;
        }
        int added = snprintf(reasons + length, sizeof(reasons) - length, "\n  %s: %s",
                             (*driver)->name, why.text);
        length += added > 0 ? (size_t)added : 0;
        if (length >= sizeof(reasons))
            length = sizeof(reasons) - 1;
    }
    return error_set(err, ERROR_ENVIRONMENT, "no driver works on this machine:%s", reasons);
}
