#include "instrument/thread_groups.h"

#include <stdlib.h>

#define THREAD_GROUPS_MAX_BYTES ((size_t)64 << 20)

int thread_groups_init(struct thread_groups *groups, struct error *err)
{
    if (store_init(&groups->store, THREAD_GROUPS_MAX_BYTES, err) < 0)
        return -1;
    return intern_init(&groups->keys, &groups->store, err);
}

void thread_groups_done(struct thread_groups *groups)
{
    intern_done(&groups->keys);
    store_done(&groups->store);
    free(groups->groups);
    groups->groups = NULL;
}

int thread_groups_add(struct thread_groups *groups, uint32_t stack, uint32_t origin,
                      struct error *err)
{
    const uint32_t key[] = {stack, origin};
    uint32_t known = groups->keys.n;
    uint32_t group = 0;
    if (store_grow(&groups->store, &groups->groups, (size_t)known + 1, sizeof(*groups->groups),
                   &groups->capacity, err) < 0 ||
        intern_add(&groups->keys, key, sizeof(key), &group, err) < 0)
        return -1;
    if (group == known)
        groups->groups[group] = 0;
    groups->groups[group]++;
    return 0;
}

struct call_sample thread_groups_sample(const struct thread_groups *groups, uint32_t group)
{
    const uint32_t *key = groups->keys.keys[group].data;
    return (struct call_sample){.stack = key[0], .origin = key[1]};
}
