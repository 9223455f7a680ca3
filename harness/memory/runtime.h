#pragma once
/* The language runtime of a process, and how large its collected heap may become.
 *
 * A runtime is told by the program's name or a library it has mapped, its version by their paths
 * (Go's by what its linker leaves in the program). Runtimes choose the size of their heap by the
 * memory limit of the container they find themselves in; the rules here are those of HotSpot 17,
 * Node 20 (V8 11), Go 1.19 and .NET 6, with the options and environment that override them.
 * Pure functions; runtime_survey.h reads the facts. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum runtime_kind {
    RUNTIME_NATIVE, /* none that is known */
    RUNTIME_JVM,
    RUNTIME_NODE,
    RUNTIME_PYTHON,
    RUNTIME_GO,
    RUNTIME_DOTNET,
    RUNTIME_RUBY,
    RUNTIME_KIND_MAX_
};

#define RUNTIME_VERSION_MAX 24
#define RUNTIME_TEXT_MAX    200

struct runtime {
    enum runtime_kind kind;
    int32_t pid;
    char version[RUNTIME_VERSION_MAX]; /* "17", "3.11"; "": not known */
    bool has_heap_max;
    uint64_t heap_max_bytes;
    bool heap_is_constant; /* all of it is held from the start, whatever is in use */
    char heap_from[96];    /* "-Xmx", "a quarter of the limit; -Xmx unset"; "" when not known */
};

/* What is known of a process. Texts are never NULL, "" when not known. */
struct runtime_facts {
    const char *exe;          /* path of the program */
    const char *library;      /* the mapped file that tells, see runtime_is_library() */
    const char *go_version;   /* "go1.19.8" from the program itself */
    const char *const *words; /* command line, NULL-terminated */
    const char *const *env;   /* "K=V", NULL-terminated */
    uint64_t limit_bytes;     /* memory.max, or what the machine has */
};

/* Does this mapped file tell a runtime: libjvm.so, libcoreclr.so, libpython…, libruby…? */
bool runtime_is_library(const char *path);

/* Everything but the pid. */
void runtime_recognise(const struct runtime_facts *facts, struct runtime *ret);

/* Does it have a heap with garbage in it between collections? Python frees at once what nothing
 * refers to; its collector is for cycles alone. */
bool runtime_has_garbage(enum runtime_kind kind);

/* "jvm", as written in results, and back (false: no such word). */
const char *runtime_kind_name(enum runtime_kind kind);
bool runtime_kind_from_name(const char *name, enum runtime_kind *ret);

/* "Java 17, heap at most 64.0 MiB (a quarter of the limit; -Xmx unset)"; returns
 * text[RUNTIME_TEXT_MAX]. */
const char *runtime_text(const struct runtime *runtime, char *text);

/* Go's version in the head of a program's data segment, where the linker leaves it ("go1.19.8");
 * false: it is not there. */
bool runtime_go_version(const unsigned char *data, size_t length, char *ret, size_t size);
