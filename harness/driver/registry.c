#include "driver/registry.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "driver/attach.h"
#include "driver/container.h"
#include "driver/engine.h"
#include "driver/native.h"
#include "driver/vm_driver.h"
#include "scenario/plan_groups.h"

const struct driver *const registry_drivers[] = {&native_driver, &container_driver, &vm_driver,
                                                 NULL};

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
    if (spec->settings.attach != NULL)
        return &attach_driver;
    return spec->settings.image != NULL ? &container_driver : place;
}

static size_t registry_count_images(const struct plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; plan != NULL && i < plan->n_runs; i++)
        n += plan->runs[i].settings.image != NULL;
    return n;
}

int registry_check_plan(const struct driver *place, const struct driver_options *options,
                        const struct plan *plan, struct error *err)
{
    size_t images = registry_count_images(plan);
    struct container_engine podman;
    struct driver_options with_group = *options;
    char limits[UNITS_TEXT_MAX];
    with_group.group_memory_bytes = plan_group_memory_bytes(plan);
    if (place->relocate != NULL && with_group.group_memory_bytes > 0 &&
        place->probe(&with_group, err) != 0)
        return error_prefix(err,
                            "variants that take turns are up at the same time, with limits of "
                            "%s in all",
                            units_format_bytes((double)with_group.group_memory_bytes, limits));
    if (place == &container_driver && images < plan->n_runs)
        return error_set(err, ERROR_USAGE,
                         "driver container runs images only; give one (--image), or use another "
                         "driver");
    if (images == 0)
        return 0;
    if (place == &vm_driver)
        return container_engine_find("podman", NULL, &podman, err) < 0
                   ? error_prefix(err, "containers in the guest need podman on this machine")
                   : 0;
    return place->relocate != NULL || container_driver.probe(options, err) == 0 ? 0 : -1;
}

/* Does `auto` look at this place, for so many images among the runs? */
static bool registry_is_candidate(const struct driver *place, size_t images, size_t runs)
{
    if (place == &container_driver)
        return images > 0 && images == runs;
    return place != &native_driver || images == 0 || images < runs;
}

int registry_choose(const struct driver_options *options, const struct plan *plan,
                    const struct driver **ret, struct error *err)
{
    char reasons[sizeof(err->text)] = "";
    size_t length = 0;
    size_t images = registry_count_images(plan);
    for (const struct driver *const *driver = registry_drivers; *driver != NULL; driver++) {
        struct error why = {.kind = ERROR_NONE};
        if (!registry_is_candidate(*driver, images, plan != NULL ? plan->n_runs : 0))
            continue;
        if ((*driver)->probe(options, &why) == 0 &&
            (plan == NULL || registry_check_plan(*driver, options, plan, &why) == 0)) {
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
