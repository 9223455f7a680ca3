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

#define VARIABLE           "ASAN_OPTIONS="
#define SEPARATORS         " ,:\t\r\n"
#define PATH_ROOM          64
#define ENVIRON_MAX_BYTES  ((size_t)1024 * 1024)
#define MEBIBYTE           ((uint64_t)1024 * 1024)
#define QUARANTINE_MIB_MAX 1048576

uint64_t quarantine_of_options(const char *options, bool *ret_said)
{
    static const char name[] = "quarantine_size_mb=";
    uint64_t bytes = QUARANTINE_DEFAULT_BYTES;
    *ret_said = false;
    for (const char *word = options; *word != '\0'; word += strcspn(word, SEPARATORS)) {
        word += strspn(word, SEPARATORS);
        if (strncmp(word, name, strlen(name)) != 0)
            continue;
        const char *value = word + strlen(name);
        value += *value == '"' || *value == '\'';
        long mib = strtol(value, NULL, 0);
        *ret_said = mib >= 0; /* -1 stands for what is usual */
        bytes = mib >= 0 && mib <= QUARANTINE_MIB_MAX ? (uint64_t)mib * MEBIBYTE
                                                      : QUARANTINE_DEFAULT_BYTES;
    }
    return bytes;
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
static uint64_t quarantine_of_process(pid_t pid, bool *ret_said)
{
    char path[PATH_ROOM];
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(ENVIRON_MAX_BYTES);
    snprintf(path, sizeof(path), "/proc/%d/environ", pid);
    if (file_read(AT_FDCWD, path, &text, NULL) == 0 && text.length > 0)
        for (const char *at = text.data, *end = at + text.length; at < end; at += strlen(at) + 1)
            if (strncmp(at, VARIABLE, strlen(VARIABLE)) == 0)
                return quarantine_of_options(at + strlen(VARIABLE), ret_said);
    return quarantine_of_options("", ret_said);
}

void quarantine_check(const struct runtime_survey *processes, struct record *record)
{
    pid_t pid = processes->listener != 0 ? processes->listener : processes->first;
    char amount[UNITS_TEXT_MAX];
    bool said = false;
    if (pid == 0 || !quarantine_is_sanitized(pid))
        return;
    record->question.quarantine_bytes = quarantine_of_process(pid, &said);
    if (!said)
        record_warn(record,
                    "AddressSanitizer keeps what is freed, up to %s: until then growth is no leak; "
                    "ASAN_OPTIONS=quarantine_size_mb=0:thread_local_quarantine_size_kb=0 in its "
                    "environment ends that",
                    units_format_bytes((double)record->question.quarantine_bytes, amount));
}
