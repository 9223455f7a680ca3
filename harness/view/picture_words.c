#include <stdio.h>
#include <string.h>

#include "report/record_lines.h"
#include "view/picture_runs.h"

/* The place of a line of that name; NULL: a picture has none for it. */
static char *words_place(struct picture_words *words, const char *name, size_t *ret_size)
{
    const struct {
        const char *name;
        char *place;
        size_t size;
    } places[] = {
        {"verdict", words->sentence, sizeof(words->sentence)},
        {"error", words->sentence, sizeof(words->sentence)},
        {"cause", words->cause, sizeof(words->cause)},
        {"process", words->process, sizeof(words->process)},
        {"effect", words->effect, sizeof(words->effect)},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (strcmp(places[i].name, name) == 0) {
            *ret_size = places[i].size;
            return places[i].place;
        }
    }
    return NULL;
}

static void words_take(void *user, const struct record_line *line)
{
    struct picture_words *words = user;
    size_t size = 0;
    char *place = words_place(words, line->name, &size);
    size_t length = strlen(words->described);
    snprintf(words->described + length, sizeof(words->described) - length, "%s%s%s%s%s%s%s. ",
             line->name, line->name[0] != '\0' ? ": " : "", line->before, line->word,
             line->word[0] != '\0' && line->after[0] != '\0' ? " " : "", line->after, "");
    if (place == NULL)
        return;
    if (strcmp(line->name, "verdict") == 0) {
        snprintf(words->verdict, sizeof(words->verdict), "%s", line->word);
        words->tone = line->tone;
        snprintf(place, size, "%s", line->after);
    } else {
        snprintf(place, size, "%s%s%s", line->before, line->word, line->after);
    }
}

int picture_words_of(const struct record *record, struct picture_words *ret, struct error *err)
{
    const struct record_lines lines = {.record = record, .utf8 = true};
    *ret = (struct picture_words){.tone = RECORD_TONE_WARN};
    if (record_lines_each(&lines, words_take, ret, err) < 0)
        return -1;
    if (ret->verdict[0] == '\0')
        snprintf(ret->verdict, sizeof(ret->verdict), "NO VERDICT");
    return 0;
}
