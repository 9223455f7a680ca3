#include "base/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"

#define STAT_TEXT_MAX   4096
#define STAT_STATE      3 /* proc(5) counts the fields from 1 */
#define STAT_START_TIME 22

/* When the process started; 0 when there is none, or only its zombie. */
static uint64_t owner_start_time(long pid)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(STAT_TEXT_MAX);
    if (file_read(AT_FDCWD, path, &text, NULL) < 0)
        return 0;
    const char *at = strrchr(buffer_text(&text), ')'); /* the name may hold anything */
    if (at == NULL || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
        return 0;
    at += 2;
    for (int field = STAT_STATE; field < STAT_START_TIME && at != NULL; field++) {
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}

/* The number of our pid namespace; 0 when it cannot be told. */
static uint64_t owner_namespace(void)
{
    struct stat status;
    return stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

int owner_name(char *ret, struct error *err)
{
    long pid = getpid();
    uint64_t start_time = owner_start_time(pid);
    if (start_time == 0)
        return error_set(err, ERROR_ENVIRONMENT, "cannot read /proc/%ld/stat: is /proc mounted?",
                         pid);
    snprintf(ret, OWNER_NAME_MAX, "leakcage-%ld-%" PRIu64 "-%" PRIu64, pid, start_time,
             owner_namespace());
    return 0;
}

bool owner_is_dead(const char *name)
{
    long pid = 0;
    uint64_t start_time = 0;
    uint64_t pid_namespace = 0;
    char rest = '\0';
    if (sscanf(name, "leakcage-%ld-%" SCNu64 "-%" SCNu64 "%c", &pid, &start_time, &pid_namespace,
               &rest) != 3)
        return false;
    if (pid <= 0 || pid_namespace != owner_namespace())
        return false;
    uint64_t found = owner_start_time(pid);
    if (found == start_time)
        return false;
    /* Nothing in /proc, and yet there: a process of somebody else's, which we may not see. */
    char path[32];
    snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    return found != 0 || access(path, F_OK) == 0 || (kill((pid_t)pid, 0) < 0 && errno == ESRCH);
}
