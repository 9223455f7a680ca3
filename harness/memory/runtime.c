#include "memory/runtime.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "memory/runtime_heap.h"

#define GO_MAGIC        "\xff Go buildinf:"
#define GO_MAGIC_LENGTH ((size_t)14)
#define GO_ALIGNMENT    ((size_t)16)
#define GO_HEADER       ((size_t)32)
/* Flag in the header's sixteenth byte: the strings follow it, each after its length. */
#define GO_FLAG_INLINE 2

static const char *const runtime_names[RUNTIME_KIND_MAX_] = {
    [RUNTIME_NATIVE] = "native", [RUNTIME_JVM] = "jvm", [RUNTIME_NODE] = "node",
    [RUNTIME_PYTHON] = "python", [RUNTIME_GO] = "go",   [RUNTIME_DOTNET] = "dotnet",
    [RUNTIME_RUBY] = "ruby",
};

static const char *const runtime_titles[RUNTIME_KIND_MAX_] = {
    [RUNTIME_NATIVE] = "native", [RUNTIME_JVM] = "Java", [RUNTIME_NODE] = "Node",
    [RUNTIME_PYTHON] = "Python", [RUNTIME_GO] = "Go",    [RUNTIME_DOTNET] = ".NET",
    [RUNTIME_RUBY] = "Ruby",
};

const char *runtime_kind_name(enum runtime_kind kind)
{
    return runtime_names[kind];
}

bool runtime_kind_from_name(const char *name, enum runtime_kind *ret)
{
    for (unsigned i = 0; i < RUNTIME_KIND_MAX_; i++) {
        if (strcmp(runtime_names[i], name) != 0)
            continue;
        *ret = (enum runtime_kind)i;
        return true;
    }
    return false;
}

bool runtime_has_garbage(enum runtime_kind kind)
{
    return kind != RUNTIME_NATIVE && kind != RUNTIME_PYTHON;
}

static const char *runtime_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool runtime_begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Libraries by the beginning of their name. */
static const struct {
    const char *begin;
    enum runtime_kind kind;
} runtime_libraries[] = {
    {"libjvm.so", RUNTIME_JVM},
    {"libcoreclr.so", RUNTIME_DOTNET},
    {"libpython", RUNTIME_PYTHON},
    {"libruby", RUNTIME_RUBY},
};

/* Programs whose name is one of these, or that and a version. */
static const struct {
    const char *name;
    enum runtime_kind kind;
} runtime_programs[] = {
    {"node", RUNTIME_NODE},      {"nodejs", RUNTIME_NODE}, {"python", RUNTIME_PYTHON},
    {"python3", RUNTIME_PYTHON}, {"ruby", RUNTIME_RUBY},
};

bool runtime_is_library(const char *path)
{
    const char *base = runtime_base(path);
    for (size_t i = 0; i < ARRAY_LENGTH(runtime_libraries); i++)
        if (runtime_begins(base, runtime_libraries[i].begin))
            return true;
    return false;
}

static enum runtime_kind runtime_kind_of(const struct runtime_facts *facts)
{
    const char *library = runtime_base(facts->library);
    for (size_t i = 0; i < ARRAY_LENGTH(runtime_libraries); i++)
        if (runtime_begins(library, runtime_libraries[i].begin))
            return runtime_libraries[i].kind;
    const char *exe = runtime_base(facts->exe);
    for (size_t i = 0; i < ARRAY_LENGTH(runtime_programs); i++) {
        size_t length = strlen(runtime_programs[i].name);
        if (strncmp(exe, runtime_programs[i].name, length) == 0 &&
            exe[length + strspn(exe + length, "0123456789.")] == '\0')
            return runtime_programs[i].kind;
    }
    return facts->go_version[0] != '\0' ? RUNTIME_GO : RUNTIME_NATIVE;
}

/* The first number with points at or after `text`: "17.0.2" of "jdk-17.0.2/lib". */
static void runtime_copy_number(const char *text, char *ret)
{
    size_t begin = strcspn(text, "0123456789/");
    size_t length = strspn(text + begin, "0123456789.");
    while (length > 0 && text[begin + length - 1] == '.')
        length--;
    if (length < RUNTIME_VERSION_MAX)
        snprintf(ret, RUNTIME_VERSION_MAX, "%.*s", (int)length, text + begin);
}

/* The version that a folder of the path names after one of these words; "" when none does. */
static void runtime_version_in(const char *path, const char *const *words, char *ret)
{
    for (; *words != NULL && ret[0] == '\0'; words++) {
        for (const char *found = strstr(path, *words); found != NULL && ret[0] == '\0';
             found = strstr(found + 1, *words))
            runtime_copy_number(found + strlen(*words), ret);
    }
}

static void runtime_find_version(const struct runtime_facts *facts, struct runtime *ret)
{
    static const char *const java_words[] = {"/java-", "/jdk-", "/jdk", "/jre-", "openjdk-", NULL};
    static const char *const node_words[] = {"/node-v", "/node/v", "/nodejs-v", NULL};
    static const char *const python_words[] = {"/libpython", "/python", NULL};
    static const char *const ruby_words[] = {"/libruby.so.", "/libruby-", "/ruby", NULL};
    static const char *const dotnet_words[] = {"Microsoft.NETCore.App/", NULL};
    const char *library = facts->library;
    switch (ret->kind) {
    case RUNTIME_JVM:
        runtime_version_in(library, java_words, ret->version);
        break;
    case RUNTIME_NODE:
        runtime_version_in(facts->exe, node_words, ret->version);
        break;
    case RUNTIME_PYTHON:
        runtime_version_in(*library != '\0' ? library : facts->exe, python_words, ret->version);
        break;
    case RUNTIME_GO:
        runtime_copy_number(facts->go_version, ret->version);
        break;
    case RUNTIME_DOTNET:
        runtime_version_in(library, dotnet_words, ret->version);
        break;
    case RUNTIME_RUBY:
        runtime_version_in(*library != '\0' ? library : facts->exe, ruby_words, ret->version);
        break;
    default:
        break;
    }
}

void runtime_recognise(const struct runtime_facts *facts, struct runtime *ret)
{
    int32_t pid = ret->pid;
    *ret = (struct runtime){.kind = runtime_kind_of(facts), .pid = pid};
    runtime_find_version(facts, ret);
    runtime_find_heap(facts, ret);
}

const char *runtime_text(const struct runtime *runtime, char *text)
{
    char amount[UNITS_TEXT_MAX];
    int length = snprintf(text, RUNTIME_TEXT_MAX, "%s%s%s", runtime_titles[runtime->kind],
                          runtime->version[0] != '\0' ? " " : "", runtime->version);
    size_t at = (size_t)length;
    if (runtime->has_heap_max)
        snprintf(text + at, RUNTIME_TEXT_MAX - at, ", heap %s %s (%s)",
                 runtime->heap_is_constant ? "of" : "at most",
                 units_format_bytes((double)runtime->heap_max_bytes, amount), runtime->heap_from);
    else if (runtime->heap_from[0] != '\0')
        snprintf(text + at, RUNTIME_TEXT_MAX - at, ", heap without a bound (%s)",
                 runtime->heap_from);
    return text;
}

bool runtime_go_version(const unsigned char *data, size_t length, char *ret, size_t size)
{
    for (size_t at = 0; at + GO_HEADER < length; at += GO_ALIGNMENT) {
        if (memcmp(data + at, GO_MAGIC, GO_MAGIC_LENGTH) != 0)
            continue;
        size_t n = data[at + GO_HEADER]; /* a varint; versions are shorter than 128 */
        const unsigned char *text = data + at + GO_HEADER + 1;
        bool is_inline = (data[at + GO_MAGIC_LENGTH + 1] & GO_FLAG_INLINE) != 0;
        if (!is_inline || n >= 128 || at + GO_HEADER + 1 + n > length)
            n = 0; /* of before 1.18: it is Go, the version stands elsewhere */
        snprintf(ret, size, "%.*s", n > 0 ? (int)n : 2, n > 0 ? (const char *)text : "go");
        return true;
    }
    return false;
}
