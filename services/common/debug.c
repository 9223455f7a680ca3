#include "common/debug.h"

#include <ctype.h>
#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/process.h"
#include "common/tally.h"

enum { ARENAS_MAX = 64 };

/* malloc_info's XML; the caller frees it. NULL when out of memory. */
static char *malloc_info_text(size_t *ret_size)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, ret_size);

    if (!stream)
        return NULL;
    malloc_info(0, stream);
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

/* The number of the attribute `size` behind these words, between `begin` and `end`; 0 without. */
static unsigned long size_behind(const char *begin, const char *end, const char *words)
{
    const char *found = strstr(begin, words);
    const char *size = found && found < end ? strstr(found, "size=\"") : NULL;

    return size && size < end ? strtoul(size + strlen("size=\""), NULL, 10) : 0;
}

/* Each arena of malloc's, of which threads take different ones: where one creeps, and is mostly
 * free, blocks of few threads hold the memory of many. */
static void print_arenas(const char *xml, struct response *response)
{
    const char *heap = xml, *end;
    unsigned count = 0;

    response_printf(response, "{\"arenas\":[");
    while ((heap = strstr(heap, "<heap nr=")) && (end = strstr(heap, "</heap>"))) {
        unsigned long bytes = size_behind(heap, end, "<system type=\"current\""),
                      free_bytes = size_behind(heap, end, "<total type=\"fast\"") +
                                   size_behind(heap, end, "<total type=\"rest\"");

        if (count < ARENAS_MAX)
            response_printf(
                response,
                "%s{\"arena\":%u,\"arena_bytes\":%lu,\"in_use_bytes\":%lu,\"free_bytes\":%lu}",
                count ? "," : "", count, bytes, bytes - free_bytes, free_bytes);
        count++;
        heap = end;
    }
    response_printf(response, "],\"other\":%u}\n", count > ARENAS_MAX ? count - ARENAS_MAX : 0);
}

/* What malloc_info tells, whole or by arena. */
static void heap_details(const struct request *request, struct response *response)
{
    size_t size = 0;
    char *xml = malloc_info_text(&size);

    if (!xml) {
        response_fail(response, 500, "no memory for malloc_info");
        return;
    }
    if (request_has(request, "full")) {
        response->owned = xml;
        response->used = size;
        response->type = "application/xml";
        return;
    }
    print_arenas(xml, response);
    free(xml);
}

void debug_heap(const struct request *request, struct response *response)
{
    struct mallinfo2 info = mallinfo2();

    if (request_has(request, "full") || request_has(request, "arenas")) {
        heap_details(request, response);
        return;
    }
    response_printf(response,
                    "{\"arena_bytes\":%zu,\"in_use_bytes\":%zu,\"free_bytes\":%zu,"
                    "\"mmapped_bytes\":%zu,\"mmapped_blocks\":%zu,\"top_free_bytes\":%zu,"
                    "\"rss_bytes\":%ld}\n",
                    info.arena, info.uordblks, info.fordblks, info.hblkhd, info.hblks,
                    info.keepcost, process_rss_bytes());
}

/* First word of a file of this thread, made safe for JSON; "?" when it cannot be read. */
static void read_word(const char *task, const char *file, char *word, size_t size)
{
    char path[320];

    snprintf(path, sizeof path, "/proc/self/task/%s/%s", task, file);
    if (process_read_file(path, word, size) <= 0)
        snprintf(word, size, "?");
    word[strcspn(word, "\n")] = '\0';
    for (char *c = word; *c; c++)
        if (*c == '"' || *c == '\\' || !isprint((unsigned char)*c))
            *c = '?';
}

/* The state of a thread, a letter as `ps` has it; '?' when it cannot be read. */
static char read_state(const char *task)
{
    char path[320], text[512];
    const char *name_end;

    snprintf(path, sizeof path, "/proc/self/task/%s/stat", task);
    if (process_read_file(path, text, sizeof text) <= 0)
        return '?';
    name_end = strrchr(text, ')'); /* a name may have brackets and blanks */
    return name_end && name_end[1] == ' ' && isupper((unsigned char)name_end[2]) ? name_end[2]
                                                                                 : '?';
}

void debug_threads(const struct request *request, struct response *response)
{
    struct tally tally = {0};
    DIR *dir = opendir("/proc/self/task");
    const struct dirent *entry;

    (void)request;
    while (dir && (entry = readdir(dir))) {
        char label[TALLY_LABEL_MAX], name[24], where[48];

        if (entry->d_name[0] == '.')
            continue;
        read_word(entry->d_name, "comm", name, sizeof name);
        read_word(entry->d_name, "wchan", where, sizeof where);
        snprintf(label, sizeof label, "\"name\":\"%s\",\"state\":\"%c\",\"wchan\":\"%s\"", name,
                 read_state(entry->d_name), where);
        tally_add(&tally, label);
    }
    if (dir)
        closedir(dir);
    tally_print(&tally, "threads", response);
}
