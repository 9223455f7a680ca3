#include "words.h"

#include <stdlib.h>
#include <string.h>

void words_free(char **words)
{
    for (char **word = words; word != NULL && *word != NULL; word++)
        free(*word);
    free(words);
}

/* What a line that ends within a quote leaves behind; -DFORGETFUL: it is forgotten. */
static char **give_up(char **words)
{
#ifndef FORGETFUL
    words_free(words);
#else
    (void)words;
#endif
    return NULL;
}

char **words_split(const char *line)
{
    char **words = calloc(strlen(line) / 2 + 2, sizeof(*words));
    for (size_t n = 0; words != NULL; n++) {
        line += strspn(line, " ");
        if (*line == '\0')
            return words;
        int quoted = *line == '"';
        size_t length = strcspn(line + quoted, quoted ? "\"" : " ");
        if (quoted && line[1 + length] == '\0')
            return give_up(words);
        if ((words[n] = strndup(line + quoted, length)) == NULL)
            return give_up(words);
        line += length + (quoted ? 2 : 0);
    }
    return NULL;
}
