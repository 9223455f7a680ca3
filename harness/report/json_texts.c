#include "report/json_texts.h"

const char *json_word(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

void json_write_texts(struct json_writer *writer, const char *key, const char *const *texts,
                      size_t n)
{
    bool open = false;
    for (size_t i = 0; texts != NULL && i < n; i++) {
        if (texts[i] == NULL)
            continue;
        if (!open)
            json_write_array(writer, key);
        open = true;
        json_write_text(writer, NULL, texts[i]);
    }
    if (open)
        json_write_close_array(writer);
}
