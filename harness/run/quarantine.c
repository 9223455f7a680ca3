#include "run/quarantine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/units.h"
#include "driver/build_probe.h"
#include "memory/line_reader.h"

#define VARIABLE          "ASAN_OPTIONS="
#define SEPARATORS        " ,:\t\r\n"
#define PATH_ROOM         64
#define STATUS_MAX_BYTES  ((size_t)64 * 1024)
#define ENVIRON_MAX_BYTES ((size_t)1024 * 1024)
#define KIBIBYTE          ((uint64_t)1024)
#define SIZE_MAX_KIB      ((uint64_t)1 << 40)

/* "NAME=N" in units of so many KiB, in this word of the options? -1 stands for what is usual. */
static bool quarantine_word(const char *word, const char *name, uint64_t unit_kib, uint64_t *ret)
{
    if (strncmp(word, name, strlen(name)) != 0)
        return false;
    const char *value = word + strlen(name);
    value += *value == '"' || *value == '\'';
    long long n = strtoll(value, NULL, 0);
    if (n < 0 || (uint64_t)n > SIZE_MAX_KIB / unit_kib)
        return false;
    *ret = (uint64_t)n * unit_kib * KIBIBYTE;
    return true;
}

struct quarantine quarantine_of_options(const char *options)
{
    struct quarantine found = {.bytes = QUARANTINE_DEFAULT_BYTES,
                               .thread_bytes = QUARANTINE_THREAD_DEFAULT_BYTES};
    for (const char *word = options; *word != '\0'; word += strcspn(word, SEPARATORS)) {
        word += strspn(word, SEPARATORS);
        found.said =
            quarantine_word(word, "quarantine_size_mb=", KIBIBYTE, &found.bytes) || found.said;
        (void)quarantine_word(word, "thread_local_quarantine_size_kb=", 1, &found.thread_bytes);
    }
    return found;
}

static int quarantine_line(char *line, void *context, struct error *err)
{
    (void)err;
    bool *found = context;
    const char *path = strchr(line, '/');
    *found = *found || (path != NULL && (strstr(path, "/libasan.so") != NULL ||
                                         strstr(path, "/libclang_rt.asan") != NULL));
    return 0;
}

/* Is AddressSanitizer in this process, in its program or in a library that it has? */
static bool quarantine_is_sanitized(pid_t pid)
{
    char path[PATH_ROOM];
    struct build_facts facts = {.sanitizer = SANITIZER_NONE};
    bool found = false;
    snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    if (build_facts_read(path, &facts, NULL) == 0 && facts.sanitizer == SANITIZER_ADDRESS)
        return true;
    snprintf(path, sizeof(path), "/proc/%d/maps", pid);
    return line_reader_each(AT_FDCWD, path, quarantine_line, &found, NULL) == 0 && found;
}

/* By the environment that it was started with; what may not be read says nothing. */
static struct quarantine quarantine_of_process(pid_t pid)
{
    char path[PATH_ROOM];
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(ENVIRON_MAX_BYTES);
    snprintf(path, sizeof(path), "/proc/%d/environ", pid);
    if (file_read(AT_FDCWD, path, &text, NULL) == 0 && text.length > 0)
        for (const char *at = text.data, *end = at + text.length; at < end; at += strlen(at) + 1)
            if (strncmp(at, VARIABLE, strlen(VARIABLE)) == 0)
                return quarantine_of_options(at + strlen(VARIABLE));
    return quarantine_of_options("");
}

static uint64_t quarantine_threads(pid_t pid)
{
    static const char key[] = "\nThreads:";
    char path[PATH_ROOM];
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(STATUS_MAX_BYTES);
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    if (file_read(AT_FDCWD, path, &text, NULL) < 0)
        return 1;
    const char *found = strstr(buffer_text(&text), key);
    return found != NULL ? strtoull(found + strlen(key), NULL, 10) : 1;
}

void quarantine_check(const struct runtime_survey *processes, struct record *record)
{
    pid_t pid = processes->listener != 0 ? processes->listener : processes->first;
    struct verdict_question *question = &record->question;
    char amount[UNITS_TEXT_MAX];
    if (pid == 0 || !quarantine_is_sanitized(pid))
        return;
    struct quarantine found = quarantine_of_process(pid);
    if (found.bytes == 0)
        return;
    /* Under load it may have a thread more for each request at a time. */
    uint64_t threads = quarantine_threads(pid) + question->concurrency;
    question->quarantine_bytes = found.bytes + threads * found.thread_bytes;
    if (!found.said)
        record_warn(
            record,
            "AddressSanitizer keeps what is freed, up to %s: growth until then may be no leak; "
            "ASAN_OPTIONS=quarantine_size_mb=0:thread_local_quarantine_size_kb=0 in its "
            "environment ends that",
            units_format_bytes((double)question->quarantine_bytes, amount));
}
