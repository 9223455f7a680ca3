#pragma once
/* Instruments: what looks into a service while it runs, to tell who holds its memory. A plain run
 * has none, for each takes time or memory, or stands in the service's way; `leakcage explain`
 * repeats a run with those that fit its cause.
 *
 * A set of them is one bit each, `1u << kind`; as text it is names with commas between. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(NAME, "name"). What each keeps at a floor is collected/NAME.CYCLE.gz, but for both sorts of
 * heap, which are "heap". */
#define INSTRUMENTS(X)            \
    X(HEAPTRACK, "heaptrack")     \
    X(MALLOC, "malloc")           \
    X(PAGES, "pages")             \
    X(MAPPINGS, "mappings")       \
    X(DESCRIPTORS, "descriptors") \
    X(THREADS, "threads")         \
    X(FILES, "files")             \
    X(GO, "go")                   \
    X(NODE, "node")               \
    X(PYTHON, "python")           \
    X(JAVA, "java")

enum instrument_kind {
#define X(name, text) INSTRUMENT_##name,
    INSTRUMENTS(X)
#undef X
        INSTRUMENT_KIND_MAX_
};

/* Room for the names of all of them. */
#define INSTRUMENTS_TEXT_MAX 160

/* "heaptrack". */
const char *instrument_name(enum instrument_kind kind);

/* A set as text, "heaptrack,threads"; "" is none. Returns text[INSTRUMENTS_TEXT_MAX]. */
const char *instruments_text(uint32_t instruments, char *text);

/* …and back; false: a name that there is not (`*ret_word`, of `*ret_length` bytes, borrowed). */
bool instruments_parse(const char *text, uint32_t *ret, const char **ret_word, size_t *ret_length);
