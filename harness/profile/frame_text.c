#include "profile/frame_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"

static int frame_text_put(const char *text, struct buffer *out, struct error *err)
{
    char last = '\0';
    while (*text != '\0') {
        unsigned char byte = (unsigned char)*text;
        size_t length = utf8_length(text);
        const char *put = text;
        if (length == 0 || byte < ' ' || byte == 0x7f)
            put = "?";
        else if (byte == ';')
            put = ":";
        else if (byte == '-' && last == '-')
            put = "~";
        if (buffer_append(out, put, put == text ? length : 1, err) < 0)
            return -1;
        last = *put;
        text += length > 0 ? length : 1;
    }
    return 0;
}

const char *frame_text_module(const struct profile_frame *frame)
{
    const char *slash = strrchr(frame->module, '/');
    if (strncmp(frame->function, "0x", 2) != 0)
        return "";
    return slash != NULL ? slash + 1 : frame->module;
}

int frame_text_append(const struct profile_frame *frame, struct buffer *out, struct error *err)
{
    if (frame_text_put(frame->function, out, err) < 0)
        return -1;
    const char *place = *frame->file != '\0' ? frame->file : frame_text_module(frame);
    if (*place == '\0')
        return 0;
    if (buffer_append_text(out, " ", err) < 0 || frame_text_put(place, out, err) < 0)
        return -1;
    return *frame->file != '\0' && frame->line > 0
               ? buffer_printf(out, err, ":%" PRId64, frame->line)
               : 0;
}
