#include "base/utf8.h"

#include <string.h>

size_t utf8_length(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    if (c[0] < 0x80)
        return 1;
    if (c[0] < 0xc2 || c[0] > 0xf4 || (c[1] & 0xc0) != 0x80)
        return 0;
    if (c[0] < 0xe0)
        return 2;
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f) || (c[2] & 0xc0) != 0x80)
        return 0;
    if (c[0] < 0xf0)
        return 3;
    return (c[3] & 0xc0) == 0x80 ? 4 : 0;
}

uint32_t utf8_point(const char *text, size_t length)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)text[0] & masks[length];
    for (size_t i = 1; i < length; i++)
        point = point << 6 | ((unsigned char)text[i] & 0x3f);
    return point;
}

bool utf8_is_harmful(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

void utf8_tame(char *text, bool keeps_lines)
{
    char *out = text;
    for (const char *in = text; *in != '\0';) {
        size_t length = utf8_length(in);
        if ((keeps_lines && *in == '\n') ||
            (length > 0 && !utf8_is_harmful(utf8_point(in, length)))) {
            memmove(out, in, length);
            out += length;
        } else {
            *out++ = '?';
        }
        in += length > 0 ? length : 1;
    }
    *out = '\0';
}
