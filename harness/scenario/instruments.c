#include "scenario/instruments.h"

#include <string.h>

static const char *const instrument_names[] = {
#define X(name, text) text,
    INSTRUMENTS(X)
#undef X
};

const char *instrument_name(enum instrument_kind kind)
{
    return instrument_names[kind];
}

const char *instruments_text(uint32_t instruments, char *text)
{
    char *end = text;
    *end = '\0';
    for (unsigned i = 0; i < INSTRUMENT_KIND_MAX_; i++) {
        if ((instruments >> i & 1) == 0)
            continue;
        if (end > text)
            *end++ = ',';
        end = stpcpy(end, instrument_names[i]);
    }
    return text;
}

bool instruments_parse(const char *text, uint32_t *ret, const char **ret_word, size_t *ret_length)
{
    *ret = 0;
    for (const char *word = text; *word != '\0';) {
        size_t length = strcspn(word, ",");
        unsigned i = 0;
        while (i < INSTRUMENT_KIND_MAX_ && (strlen(instrument_names[i]) != length ||
                                            memcmp(instrument_names[i], word, length) != 0))
            i++;
        if (i == INSTRUMENT_KIND_MAX_) {
            *ret_word = word;
            *ret_length = length;
            return false;
        }
        *ret |= 1u << i;
        word += length;
        word += *word == ',';
    }
    return true;
}
