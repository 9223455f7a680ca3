#include "driver/image_export.h"

#include <string.h>

#include "base/arena.h"
#include "driver/image.h"

/* The run before `index` with the same image of the same engine; `index` itself when there is none.
 */
static size_t export_find_same(const struct plan *plan, size_t index)
{
    const struct settings *wanted = &plan->runs[index].settings;
    for (size_t i = 0; i < index; i++) {
        const struct settings *settings = &plan->runs[i].settings;
        bool same_engine = settings->engine == wanted->engine ||
                           (settings->engine != NULL && wanted->engine != NULL &&
                            strcmp(settings->engine, wanted->engine) == 0);
        if (settings->image != NULL && same_engine && strcmp(settings->image, wanted->image) == 0)
            return i;
    }
    return index;
}

static int export_one(const struct plan *plan, const char *work_dir, size_t index, const char **ret,
                      struct error *err)
{
    const struct settings *settings = &plan->runs[index].settings;
    struct container_engine engine;
    if (container_engine_find(settings->engine, NULL, &engine, err) < 0)
        return -1;
    const char *image =
        arena_printf(plan->arena, "docker-archive:%s/image-%zu.tar", work_dir, index);
    if (image == NULL)
        return error_out_of_memory(err);
    if (image_export(&engine, settings->image, image_archive_path(image), err) < 0)
        return error_prefix(err, "cannot take the image to the guest");
    *ret = image;
    return 0;
}

int image_export_all(const struct plan *plan, const char *work_dir, struct run_spec *runs,
                     uint64_t *ret_bytes, struct error *err)
{
    *ret_bytes = 0;
    memcpy(runs, plan->runs, plan->n_runs * sizeof(*runs));
    for (size_t i = 0; i < plan->n_runs; i++) {
        const char **image = &runs[i].settings.image;
        struct image_facts facts;
        uint64_t bytes = 0;
        if (*image == NULL)
            continue;
        size_t same = export_find_same(plan, i);
        if (same < i) {
            *image = runs[same].settings.image;
            continue;
        }
        if ((image_archive_path(*image) == NULL && export_one(plan, work_dir, i, image, err) < 0) ||
            image_archive_facts(*image, &facts, &bytes, err) < 0)
            return -1;
        *ret_bytes += bytes;
    }
    return 0;
}
