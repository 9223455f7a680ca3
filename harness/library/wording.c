#include "library/wording.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"

/* The first that fits counts. */
static const struct {
    const char *from;
    const char *to;
} words[] = {
    {"requests", "calls"},
    {"request", "call"},
    {"the service's", "the function's"},
    {"the service", "the function"},
    {"a service", "a function"},
    {"--requests", ".calls"},
    {"--warmup", ".warm_up_calls"},
    {"--limit", ".limit_bytes"},
    {"--cycles", ".cycles"},
    {"--budget", ".budget_ms"},
};

/* Which of them begins here as a whole word; -1: none. */
static int wording_find(const char *text, const char *at)
{
    bool within = at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_' || at[-1] == '-');
    for (size_t i = 0; !within && i < ARRAY_LENGTH(words); i++) {
        size_t length = strlen(words[i].from);
        if (strncmp(at, words[i].from, length) == 0 && !isalnum((unsigned char)at[length]) &&
            at[length] != '_')
            return (int)i;
    }
    return -1;
}

void wording_of_functions(const char *text, char *ret, size_t size)
{
    size_t used = 0;
    for (const char *at = text; *at != '\0' && used + 1 < size;) {
        int found = wording_find(text, at);
        if (found < 0) {
            ret[used++] = *at++;
            continue;
        }
        size_t length = strlen(words[found].to);
        if (used + length >= size)
            break;
        memcpy(ret + used, words[found].to, length);
        used += length;
        at += strlen(words[found].from);
    }
    ret[used] = '\0';
}
