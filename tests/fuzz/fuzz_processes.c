/* /proc as a service can make it look (memory/process_survey.h): parts of one input are the files
 * of two processes, and "links" names what descriptors 3, 4, … of the first one lead to, a line
 * each. What is found is a survey whose rows and totals fit each other. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "memory/listeners.h"
#include "memory/process_survey.h"
#include "tests/fuzz/fuzz.h"

#define LINKS_MAX 8

static void make_folders(void)
{
    static const char *const folders[] = {"proc/1/fd", "proc/1/net", "proc/1/ns",
                                          "proc/2/fd", "proc/2/net", "group"};
    static bool is_done;
    char path[PATH_MAX];
    for (size_t i = 0; !is_done && i < ARRAY_LENGTH(folders); i++) {
        snprintf(path, sizeof(path), "%s/%s/x", fuzz_folder(), folders[i]);
        fuzz_write(path + strlen(fuzz_folder()) + 1, "", 0);
        (void)unlink(path);
    }
    is_done = true;
}

static void make_links(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *links = fuzz_part_text(data, size, "links");
    char *next = links;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/proc/1/ns/net", fuzz_folder());
    (void)!symlink("net:[1]", path);
    for (unsigned i = 0; i < LINKS_MAX; i++) {
        const char *link = next != NULL ? strsep(&next, "\n") : NULL;
        snprintf(path, sizeof(path), "%s/proc/1/fd/%u", fuzz_folder(), i + 3);
        (void)unlink(path);
        if (link != NULL && *link != '\0' && *link != '/')
            (void)!symlink(link, path);
    }
}

static void check_survey(const struct survey *survey)
{
    FUZZ_REQUIRE(survey->n_sockets <= SURVEY_GROUPS_MAX && survey->n_files <= SURVEY_GROUPS_MAX);
    FUZZ_REQUIRE(survey->n_processes <= SURVEY_PROCESSES_MAX);
    for (unsigned i = 0; i < survey->n_sockets; i++)
        FUZZ_REQUIRE(survey->sockets[i].count > 0 &&
                     strlen(survey->sockets[i].name) < SURVEY_NAME_MAX);
    for (unsigned i = 0; i < survey->n_processes; i++)
        fuzz_require_name("a process", survey->processes[i].name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        "1/stat",    "1/status",   "1/smaps_rollup", "1/maps",     "1/cmdline",
        "1/net/tcp", "1/net/tcp6", "1/net/udp",      "1/net/udp6", "1/net/unix",
        "2/stat",    "2/status",   "2/smaps_rollup", "2/maps",     NULL};
    static const char *const procs[] = {"cgroup.procs", NULL};
    static struct survey survey;
    struct listeners listeners;
    const struct process_id processes[] = {{1, 0}, {2, 0}};
    struct error err = {.kind = ERROR_NONE};
    make_folders();
    fuzz_write_parts(data, size, "proc", names);
    fuzz_write_parts(data, size, "group", procs);
    make_links(data, size);
    CLEANUP(closep) int root_fd = open(fuzz_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(closep) int proc_fd = openat(root_fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(closep) int group_fd = openat(root_fd, "group", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FUZZ_REQUIRE(proc_fd >= 0 && group_fd >= 0);
    if (process_survey_take(group_fd, proc_fd, 8080, &survey, &err) == 0)
        check_survey(&survey);
    if (process_survey_take_these(processes, 2, proc_fd, 0, &survey, &err) == 0)
        check_survey(&survey);
    if (listeners_find(processes, 2, proc_fd, &listeners, &err) == 0)
        FUZZ_REQUIRE(listeners.n <= LISTENERS_MAX);
    return 0;
}
