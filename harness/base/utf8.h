#pragma once
/* Characters in text from outside: how long they are, which they are, and which of them do
 * something to whoever shows them.
 *
 * Harmful are the controls of both sets (U+0000 to U+001F, U+007F to U+009F), which a terminal
 * obeys, the line ends that only some know (U+2028, U+2029), and what turns the direction of the
 * text around it (U+202A to U+202E, U+2066 to U+2069: https://trojansource.codes). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the UTF-8 sequence at `text`, 0 when there is none (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF). A NUL ends a sequence that is cut. */
size_t utf8_length(const char *text);

/* The character at `text`, whose sequence is of that length, 1 to 4 bytes. */
uint32_t utf8_point(const char *text, size_t length);

/* Does the character do something to those around it, or to a terminal? */
bool utf8_is_harmful(uint32_t point);

/* Put '?' in the place of every harmful character and of every byte that is no UTF-8, as a sequence
 * is that was cut; line feeds stay where they are asked for. The text never grows. */
void utf8_tame(char *text, bool keeps_lines);
