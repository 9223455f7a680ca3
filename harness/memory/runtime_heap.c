#include "memory/runtime_heap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define MIB ((uint64_t)1024 * 1024)
#define GIB (1024 * MIB)
/* HotSpot's MaxHeapSize where the machine is not small (96 MiB, and 3/10 of it more for 64 bits),
 * and what sizes of heaps are rounded up to. */
#define JVM_HEAP_BYTES      130862280.0
#define JVM_ALIGNMENT_BYTES (2 * MIB)
/* Node 20: half of what there is, within these; the upper one is for machines of 15 GiB and more.
 */
#define NODE_HEAP_MIN_BYTES   (256 * MIB)
#define NODE_HEAP_MAX_BYTES   (2 * GIB)
#define NODE_HEAP_LARGE_BYTES (4 * GIB)
#define NODE_LARGE_FROM_BYTES (15 * GIB)
/* .NET in a container: three quarters, and not less than that. */
#define DOTNET_HEAP_MIN_BYTES (20 * MIB)

static const char *heap_env(const struct runtime_facts *facts, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *entry = facts->env; *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

/* "512m", "1G", "65536", "256MiB" as runtimes write them; false: it is none. */
static bool heap_size(const char *text, uint64_t *ret)
{
    char *end = NULL;
    uint64_t value = strtoull(text, &end, 10);
    if (end == text)
        return false;
    static const char suffixes[] = "kmgt";
    const char *suffix = *end != '\0' ? strchr(suffixes, tolower((unsigned char)*end)) : NULL;
    if (suffix != NULL)
        value <<= 10 * (unsigned)(suffix - suffixes + 1);
    *ret = value;
    return suffix != NULL || *end == '\0' || isspace((unsigned char)*end);
}

/* Options of a JVM as they were met, the later ones over the earlier. */
struct jvm_options {
    uint64_t max_bytes, initial_bytes, ram_bytes; /* 0: not set */
    double max_percent, min_percent;
    bool max_percent_set;
    bool pretouch;
};

static const char *heap_after(const char *word, const char *option)
{
    size_t length = strlen(option);
    return strncmp(word, option, length) == 0 ? word + length : NULL;
}

static void jvm_read_option(const char *word, struct jvm_options *options)
{
    static const struct {
        const char *option;
        size_t offset;
    } sizes[] = {
        {"-Xmx", offsetof(struct jvm_options, max_bytes)},
        {"-XX:MaxHeapSize=", offsetof(struct jvm_options, max_bytes)},
        {"-Xms", offsetof(struct jvm_options, initial_bytes)},
        {"-XX:InitialHeapSize=", offsetof(struct jvm_options, initial_bytes)},
        {"-XX:MaxRAM=", offsetof(struct jvm_options, ram_bytes)},
    };
    const char *value = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++)
        if ((value = heap_after(word, sizes[i].option)) != NULL)
            (void)heap_size(value, (uint64_t *)((char *)options + sizes[i].offset));
    if ((value = heap_after(word, "-XX:MaxRAMPercentage=")) != NULL) {
        options->max_percent = strtod(value, NULL);
        options->max_percent_set = true;
    }
    if ((value = heap_after(word, "-XX:MinRAMPercentage=")) != NULL)
        options->min_percent = strtod(value, NULL);
    if (strncmp(word, "-XX:+AlwaysPreTouch", strlen("-XX:+AlwaysPreTouch")) == 0)
        options->pretouch = true;
}

/* Those of a variable, between white space. */
static void jvm_read_variable(const char *text, struct jvm_options *options)
{
    while (text != NULL && *text != '\0') {
        text += strspn(text, " \t\n");
        jvm_read_option(text, options);
        text += strcspn(text, " \t\n");
    }
}

/* The words between the program and its main class, or "-jar". */
static void jvm_read_words(const char *const *words, struct jvm_options *options)
{
    static const char *const takes_word[] = {
        "-cp",           "-classpath",  "--class-path",  "-p",          "--module-path",
        "--add-modules", "--add-opens", "--add-exports", "--add-reads", NULL};
    for (size_t i = 1; *words != NULL && words[i] != NULL && words[i][0] == '-'; i++) {
        if (strcmp(words[i], "-jar") == 0 || strcmp(words[i], "-m") == 0)
            return;
        jvm_read_option(words[i], options);
        for (const char *const *word = takes_word; *word != NULL; word++)
            if (strcmp(*word, words[i]) == 0 && words[i + 1] != NULL) {
                i++;
                break;
            }
    }
}

static uint64_t jvm_align(double bytes)
{
    uint64_t units = (uint64_t)(bytes / (double)JVM_ALIGNMENT_BYTES);
    bool whole = (double)(units * JVM_ALIGNMENT_BYTES) >= bytes;
    return (whole ? units : units + 1) * JVM_ALIGNMENT_BYTES;
}

/* What HotSpot chooses: a share of memory, a larger one where memory is small. */
static void jvm_choose(const struct runtime_facts *facts, const struct jvm_options *options,
                       struct runtime *ret)
{
    double memory = (double)facts->limit_bytes;
    if (options->ram_bytes > 0 && options->ram_bytes < facts->limit_bytes)
        memory = (double)options->ram_bytes;
    double large = memory * options->max_percent / 100;
    double small = memory * options->min_percent / 100;
    if (small < JVM_HEAP_BYTES) {
        ret->heap_max_bytes = jvm_align(small);
        snprintf(ret->heap_from, sizeof(ret->heap_from), "%.4g %% of a limit so small; -Xmx unset",
                 options->min_percent);
    } else if (large < JVM_HEAP_BYTES) {
        ret->heap_max_bytes = jvm_align(JVM_HEAP_BYTES);
        snprintf(ret->heap_from, sizeof(ret->heap_from),
                 "the least the JVM chooses at such a limit; -Xmx unset");
    } else {
        ret->heap_max_bytes = jvm_align(large);
        if (options->max_percent_set)
            snprintf(ret->heap_from, sizeof(ret->heap_from), "MaxRAMPercentage %.4g of the limit",
                     options->max_percent);
        else
            snprintf(ret->heap_from, sizeof(ret->heap_from), "a quarter of the limit; -Xmx unset");
    }
    ret->has_heap_max = true;
}

static void jvm_find_heap(const struct runtime_facts *facts, struct runtime *ret)
{
    struct jvm_options options = {.max_percent = 25, .min_percent = 50};
    jvm_read_variable(heap_env(facts, "JAVA_TOOL_OPTIONS"), &options);
    jvm_read_variable(heap_env(facts, "JDK_JAVA_OPTIONS"), &options);
    jvm_read_words(facts->words, &options);
    jvm_read_variable(heap_env(facts, "_JAVA_OPTIONS"), &options);
    if (options.max_bytes > 0) {
        ret->has_heap_max = true;
        ret->heap_max_bytes = options.max_bytes;
        snprintf(ret->heap_from, sizeof(ret->heap_from), "-Xmx");
    } else {
        jvm_choose(facts, &options, ret);
    }
    bool whole = options.initial_bytes >= ret->heap_max_bytes;
    ret->heap_is_constant = whole;
    if (!whole && !options.pretouch)
        return;
    size_t length = strlen(ret->heap_from);
    snprintf(ret->heap_from + length, sizeof(ret->heap_from) - length, "%s%s",
             whole ? ", -Xms the same" : "", options.pretouch ? ", AlwaysPreTouch" : "");
}

/* V8 takes '-' and '_' alike. The last one counts. */
static bool node_read_option(const char *word, uint64_t *ret)
{
    static const char option[] = "--max-old-space-size=";
    size_t i = 0;
    for (; option[i] != '\0'; i++)
        if (word[i] != option[i] && !(option[i] == '-' && word[i] == '_'))
            return false;
    char *end = NULL;
    uint64_t mib = strtoull(word + i, &end, 10);
    if (end == word + i)
        return false;
    *ret = mib * MIB;
    return true;
}

static void node_find_heap(const struct runtime_facts *facts, struct runtime *ret)
{
    const char *text = heap_env(facts, "NODE_OPTIONS");
    const char *from = "--max-old-space-size";
    bool found = false;
    while (text != NULL && *text != '\0') {
        text += strspn(text, " \t");
        if (node_read_option(text, &ret->heap_max_bytes)) {
            found = true;
            from = "--max-old-space-size in NODE_OPTIONS";
        }
        text += strcspn(text, " \t");
    }
    for (size_t i = 1; facts->words[0] != NULL && facts->words[i] != NULL; i++) {
        if (facts->words[i][0] != '-')
            break;
        if (node_read_option(facts->words[i], &ret->heap_max_bytes)) {
            found = true;
            from = "--max-old-space-size";
        }
    }
    if (!found) {
        uint64_t most = facts->limit_bytes >= NODE_LARGE_FROM_BYTES ? NODE_HEAP_LARGE_BYTES
                                                                    : NODE_HEAP_MAX_BYTES;
        uint64_t half = facts->limit_bytes / 2;
        from = "half of the limit; --max-old-space-size unset";
        if (half < NODE_HEAP_MIN_BYTES)
            from = "V8's least, whatever the limit; --max-old-space-size unset";
        else if (half > most)
            from = "V8's most; --max-old-space-size unset";
        half = half < NODE_HEAP_MIN_BYTES ? NODE_HEAP_MIN_BYTES : half;
        ret->heap_max_bytes = half > most ? most : half;
    }
    ret->has_heap_max = true;
    snprintf(ret->heap_from, sizeof(ret->heap_from), "%s", from);
}

/* GOMEMLIMIT: "256MiB", "1GiB", bytes. It is no bound but what the collector strives for. */
static void go_find_heap(const struct runtime_facts *facts, struct runtime *ret)
{
    const char *limit = heap_env(facts, "GOMEMLIMIT");
    const char *percent = heap_env(facts, "GOGC");
    uint64_t bytes = 0;
    if (percent == NULL || *percent == '\0')
        percent = "100";
    ret->has_heap_max = limit != NULL && strcmp(limit, "off") != 0 && heap_size(limit, &bytes);
    ret->heap_max_bytes = ret->has_heap_max ? bytes : 0;
    snprintf(ret->heap_from, sizeof(ret->heap_from), "GOMEMLIMIT%s, GOGC %.20s",
             ret->has_heap_max ? "" : " unset", percent);
}

static void dotnet_find_heap(const struct runtime_facts *facts, struct runtime *ret)
{
    const char *hard = heap_env(facts, "DOTNET_GCHeapHardLimit");
    const char *percent = heap_env(facts, "DOTNET_GCHeapHardLimitPercent");
    ret->has_heap_max = true;
    if (hard != NULL) {
        ret->heap_max_bytes = strtoull(hard, NULL, 16);
        snprintf(ret->heap_from, sizeof(ret->heap_from), "DOTNET_GCHeapHardLimit");
    } else if (percent != NULL) {
        ret->heap_max_bytes = facts->limit_bytes / 100 * strtoull(percent, NULL, 16);
        snprintf(ret->heap_from, sizeof(ret->heap_from), "DOTNET_GCHeapHardLimitPercent");
    } else {
        uint64_t share = facts->limit_bytes / 4 * 3;
        ret->heap_max_bytes = share > DOTNET_HEAP_MIN_BYTES ? share : DOTNET_HEAP_MIN_BYTES;
        snprintf(ret->heap_from, sizeof(ret->heap_from),
                 "three quarters of the limit; DOTNET_GCHeapHardLimit unset");
    }
}

void runtime_find_heap(const struct runtime_facts *facts, struct runtime *ret)
{
    switch (ret->kind) {
    case RUNTIME_JVM:
        jvm_find_heap(facts, ret);
        break;
    case RUNTIME_NODE:
        node_find_heap(facts, ret);
        break;
    case RUNTIME_GO:
        go_find_heap(facts, ret);
        break;
    case RUNTIME_DOTNET:
        dotnet_find_heap(facts, ret);
        break;
    default:
        break;
    }
}
