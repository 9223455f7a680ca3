#pragma once
/* The words of an explanation on their way to a terminal: what is ours as it is, what is of others
 * made harmless; colours only where they are asked for. Private to explanation_text.c. The first
 * failure is kept in `status`, and nothing is written after it. */
#include "report/explanation_text.h"
#include "report/line_text.h"

#define SAYING_BOLD   "\033[1m"
#define SAYING_DIM    "\033[2m"
#define SAYING_RED    "\033[1;31m"
#define SAYING_GREEN  "\033[1;32m"
#define SAYING_YELLOW "\033[1;33m"
#define SAYING_PLAIN  "\033[0m"

#define SAYING_MAX_BYTES ((size_t)4 << 20)

/* Text on its way out. */
struct saying {
    const struct explanation_text *text; /* borrowed */
    const struct terminal_style *style;  /* borrowed */
    struct buffer *out;                  /* borrowed */
    int status;
    struct error *err; /* borrowed */
};

/* How names come out, and what rates are per. */
enum line_text_form saying_form(const struct saying *writer);
const char *saying_per(const struct saying *writer);

/* Our own words, and a colour. */
void saying_raw(struct saying *writer, const char *words);
void saying_code(struct saying *writer, const char *code);

/* Whatever it is, made harmless; no line ends. */
void saying_say(struct saying *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "  missing  …", over as many lines as it takes; nothing when there are no words. */
void saying_labelled(struct saying *writer, const char *label, const char *words);

/* A file's name as it is shown: without the folder, or its last part where it is long. */
const char *saying_file(const struct saying *writer, const char *file);

/* "fetch unclosed-body.c:57"; "socket" of a library, whose lines nobody asks for; "0x61ab in
 * libx.so" where there is no name. Returns text. */
const char *saying_frame(const struct saying *writer, const struct explanation_frame *frame,
                         char *text, size_t size);

/* So many of them, with as many digits as say something. */
void saying_number(double number, char *text, size_t size);
