#include "base/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char blanks[] = " \t\n\r";

/* One word as it is taken apart. */
struct word {
    const char *text; /* the whole line, for positions */
    const char *in;
    char *out;
    bool quoted; /* some of it was */
};

static int words_error(const struct word *word, const char *at, const char *what, struct error *err)
{
    return error_set(err, ERROR_USAGE, "%s at column %zu of: %.200s", what,
                     (size_t)(at - word->text) + 1, word->text);
}

/* From behind the opening quote to behind the closing one. */
static int words_take_quoted(struct word *word, char quote, struct error *err)
{
    const char *open = word->in - 1;
    for (; *word->in != quote; *word->out++ = *word->in++) {
        if (quote == '"' && word->in[0] == '\\' && (word->in[1] == '"' || word->in[1] == '\\'))
            word->in++;
        if (*word->in == '\0')
            return words_error(word, open,
                               quote == '"' ? "found a \" that is not closed"
                                            : "found a ' that is not closed",
                               err);
    }
    word->in++;
    word->quoted = true;
    return 0;
}

/* From its first character to the blank behind it; out is terminated. */
static int words_take(struct word *word, struct error *err)
{
    while (*word->in != '\0' && strchr(blanks, *word->in) == NULL) {
        char c = *word->in++;
        if (c == '\'' || c == '"') {
            if (words_take_quoted(word, c, err) < 0)
                return -1;
            continue;
        }
        if (c == '\\') {
            if (*word->in == '\0')
                return words_error(word, word->in - 1, "found nothing behind the backslash", err);
            c = *word->in++;
            word->quoted = true;
        }
        *word->out++ = c;
    }
    *word->out++ = '\0';
    return 0;
}

static int words_check_operator(const struct word *word, const char *start, const char *taken,
                                struct error *err)
{
    static const char *const operators[] = {"|",  "||", "&",  "&&",   ";",  "<",
                                            "<<", ">",  ">>", "2>&1", "2>", "&>"};
    for (size_t i = 0; !word->quoted && i < ARRAY_LENGTH(operators); i++)
        if (strcmp(taken, operators[i]) == 0)
            return words_error(word, start,
                               "no shell reads this, and only one would understand what stands "
                               "(write sh -c '…', or quote it)",
                               err);
    return 0;
}

int words_split(const char *text, char ***ret, struct error *err)
{
    /* Every word but the last is followed by a blank, so there are at most half as many. */
    size_t length = strlen(text);
    size_t n_max = length / 2 + 1;
    CLEANUP(freep) char **words = calloc(1, (n_max + 1) * sizeof(*words) + length + 1);
    if (words == NULL)
        return error_out_of_memory(err);

    struct word word = {.text = text, .in = text, .out = (char *)(words + n_max + 1)};
    size_t n = 0;
    for (word.in += strspn(word.in, blanks); *word.in != '\0'; word.in += strspn(word.in, blanks)) {
        const char *start = word.in;
        words[n] = word.out;
        word.quoted = false;
        if (words_take(&word, err) < 0 || words_check_operator(&word, start, words[n], err) < 0)
            return -1;
        n++;
    }
    if (n == 0)
        return error_set(err, ERROR_USAGE, "found no word, expected a program and its arguments");
    *ret = take_ptr(&words);
    return 0;
}
