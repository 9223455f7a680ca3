#include "base/word_list.h"

#include <string.h>

size_t words_count(const char *const *words)
{
    size_t count = 0;
    while (words[count] != NULL)
        count++;
    return count;
}

/* A copy with so many places more, which are NULL. */
static const char **words_copy(struct arena *arena, const char *const *words, size_t more)
{
    size_t count = words_count(words);
    const char **copy = arena_alloc(arena, (count + more + 1) * sizeof(*copy));
    if (copy != NULL)
        memcpy(copy, words, count * sizeof(*copy));
    return copy;
}

const char *const *words_append(struct arena *arena, const char *const *words,
                                const char *const *more)
{
    size_t n_more = words_count(more);
    const char **all = words_copy(arena, words, n_more);
    if (all != NULL)
        memcpy(all + words_count(words), more, n_more * sizeof(*all));
    return all;
}

const char *const *words_with_first(struct arena *arena, const char *const *words,
                                    const char *first)
{
    const char **all = words_copy(arena, words, 0);
    if (all != NULL)
        all[0] = first;
    return all;
}

size_t words_find_variable(const char *const *env, const char *entry)
{
    size_t key = strcspn(entry, "=") + 1;
    size_t at = 0;
    while (env[at] != NULL && strncmp(env[at], entry, key) != 0)
        at++;
    return at;
}

const char *const *words_set_variable(struct arena *arena, const char *const *env,
                                      const char *entry)
{
    const char **all = words_copy(arena, env, 1);
    if (all != NULL)
        all[words_find_variable(env, entry)] = entry;
    return all;
}
