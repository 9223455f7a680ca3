#include "instrument/held_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "instrument/file_opens.h"
#include "instrument/file_set.h"
#include "instrument/held_text.h"
#include "instrument/sysv_segments.h"
#include "memory/cgroup_procs.h"
#include "memory/line_reader.h"
#include "memory/process_tree.h"

#define SHM_FOLDER   "/dev/shm"
#define SYSV_FILE    "/proc/sysvipc/shm"
#define SEGMENTS_MAX 4096
#define PATH_ROOM    512

struct held_files {
    char cgroup_dir[PATH_ROOM]; /* "": none is known */
    pid_t first;                /* of its processes; 0: not known */
    const char *data_dir;       /* borrowed; NULL: none */
    struct profile *cache;      /* owned: page cache as it was before reclaim; NULL: not known */
    struct file_opens *opens;   /* NULL: not to be heard of */
    dev_t shm_device;           /* of /dev/shm as we see it */
    nsec_t begun_unix_ns;       /* what is older was there before */
    uint32_t segments[SEGMENTS_MAX]; /* of System V, that were there before */
    size_t n_segments;
    bool tells_owner;
    size_t dropped;
};

static int held_files_note_segment(char *line, void *context, struct error *err)
{
    (void)err;
    struct held_files *files = context;
    struct sysv_segment segment;
    if (sysv_segment_parse(line, &segment) && files->n_segments < SEGMENTS_MAX)
        files->segments[files->n_segments++] = segment.id;
    return 0;
}

static int held_files_begin(struct instrument_share *share,
                            struct instrument_environment *environment, void **ret,
                            struct error *err)
{
    (void)environment;
    struct held_files *files = calloc(1, sizeof(*files));
    if (files == NULL)
        return error_out_of_memory(err);
    struct stat status;
    files->data_dir = share->site->files->data_dir;
    files->shm_device = stat(SHM_FOLDER, &status) == 0 ? status.st_dev : 0;
    files->begun_unix_ns = clock_wall_ms() * NSEC_PER_MSEC;
    (void)line_reader_each(AT_FDCWD, SYSV_FILE, held_files_note_segment, files, NULL);
    if (file_opens_begin(&files->opens, err) < 0) {
        free(files);
        return -1;
    }
    *ret = files;
    return 0;
}

static int held_files_target(void *self, const struct instrument_target *target, struct error *err)
{
    (void)err;
    struct held_files *files = self;
    if (target->cgroup_dir != NULL)
        snprintf(files->cgroup_dir, sizeof(files->cgroup_dir), "%s", target->cgroup_dir);
    if (target->processes != NULL)
        files->first =
            target->processes->first != 0 ? target->processes->first : target->processes->listener;
    if (files->opens != NULL && files->first != 0)
        file_opens_add_mounts(files->opens, files->first);
    return 0;
}

static int held_files_add_process(pid_t pid, void *context, struct error *err)
{
    return file_set_add_process(context, pid, err);
}

/* Of its cgroup, or else those that descend from the first. */
static int held_files_add_processes(const struct held_files *files, struct file_set *set,
                                    struct error *err)
{
    if (*files->cgroup_dir != '\0') {
        CLEANUP(closep)
        int dir = open(files->cgroup_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return dir < 0 ? 0 : cgroup_procs_each(dir, held_files_add_process, set, err);
    }
    CLEANUP(process_tree_freep) struct process_tree *tree = NULL;
    CLEANUP(closep) int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char name[16];
    snprintf(name, sizeof(name), "%d", files->first);
    CLEANUP(closep) int process = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct process_stat root;
    if (process < 0 || process_stat_read(process, &root, err) != 0)
        return 0;
    int status = process_tree_new(proc, &root.id, &tree, err);
    size_t n = 0;
    const struct process_id *members = status == 0 ? process_tree_members(tree, &n) : NULL;
    for (size_t i = 0; i < n && status == 0; i++)
        status = file_set_add_process(set, members[i].pid, err);
    return status < 0 ? -1 : 0;
}

/* What was made in /dev/shm since, ours or that of its container, which is all the service's. */
static int held_files_add_shm(const struct held_files *files, struct file_set *set,
                              struct error *err)
{
    char folder[64] = SHM_FOLDER;
    struct stat status;
    if (files->first != 0)
        snprintf(folder, sizeof(folder), "/proc/%d/root" SHM_FOLDER, files->first);
    if (stat(folder, &status) < 0)
        return 0;
    if (status.st_dev != files->shm_device)
        return file_set_add_folder(set, folder, err);
    DIR *dir = opendir(SHM_FOLDER);
    int result = 0;
    const struct dirent *entry = NULL;
    while (dir != NULL && result == 0 && (entry = readdir(dir)) != NULL) {
        char path[PATH_ROOM];
        snprintf(path, sizeof(path), SHM_FOLDER "/%s", entry->d_name);
        if (lstat(path, &status) < 0 ||
            status.st_ctim.tv_sec * NSEC_PER_SEC + status.st_ctim.tv_nsec < files->begun_unix_ns)
            continue;
        if (S_ISREG(status.st_mode))
            result = file_set_add_path(set, path, NULL, err);
    }
    if (dir != NULL)
        closedir(dir);
    return result;
}

/* What callbacks are handed. */
struct held_gathering {
    const struct held_files *files;
    struct file_set *set;
};

static int held_files_add_segment(char *line, void *context, struct error *err)
{
    const struct held_gathering *gathering = context;
    struct sysv_segment segment;
    if (!sysv_segment_parse(line, &segment))
        return 0;
    for (size_t i = 0; i < gathering->files->n_segments; i++)
        if (gathering->files->segments[i] == segment.id)
            return 0;
    return file_set_add_bytes(gathering->set, FILE_KIND_SYSV, FILE_SET_SYSV_DEVICE, segment.id,
                              segment.bytes, err);
}

static int held_files_add_opened(const char *path, void *context, struct error *err)
{
    const struct held_gathering *gathering = context;
    char inside[PATH_MAX + 32];
    if (file_exists(AT_FDCWD, path) || gathering->files->first == 0)
        return file_set_add_path(gathering->set, path, NULL, err);
    /* Of a container: as its processes see it. */
    snprintf(inside, sizeof(inside), "/proc/%d/root%s", gathering->files->first, path);
    return file_set_add_path(gathering->set, inside, path, err);
}

static int held_files_gather(struct held_files *files, const struct file_set_facts *facts,
                             struct profile *profile, struct error *err)
{
    CLEANUP(file_set_freep) struct file_set *set = NULL;
    if (file_set_new(profile, facts, &set, err) < 0)
        return -1;
    struct held_gathering gathering = {.files = files, .set = set};
    if (line_reader_each(AT_FDCWD, SYSV_FILE, held_files_add_segment, &gathering, err) < 0 ||
        held_files_add_processes(files, set, err) < 0 || held_files_add_shm(files, set, err) < 0)
        return -1;
    if (files->data_dir != NULL && file_set_add_folder(set, files->data_dir, err) < 0)
        return -1;
    if (files->opens != NULL &&
        file_opens_each(files->opens, held_files_add_opened, &gathering, err) < 0)
        return -1;
    files->dropped = file_set_dropped(set);
    return 0;
}

/* A profile of these parts. The caller owns *ret. */
static int held_files_look(struct held_files *files, unsigned parts, struct profile **ret,
                           struct error *err)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    struct file_pages pages;
    if (held_text_profile(&profile, err) < 0)
        return -1;
    file_pages_init(&pages, *files->cgroup_dir != '\0' ? files->cgroup_dir : NULL);
    files->tells_owner = file_pages_tells_owner(&pages);
    const struct file_set_facts facts = {
        .parts = parts, .pages = &pages, .data_dir = files->data_dir};
    int status = held_files_gather(files, &facts, profile, err);
    file_pages_done(&pages);
    if (status == 0)
        *ret = take_ptr(&profile);
    return status;
}

static int held_files_settled(void *self, struct error *err)
{
    struct held_files *files = self;
    profile_free(take_ptr(&files->cache));
    return held_files_look(files, FILE_SET_CACHE, &files->cache, err);
}

/* Each sample is one frame, its label. */
static int held_files_add_cache(const struct profile *cache, struct profile *profile,
                                struct error *err)
{
    for (size_t i = 0; i < cache->n_samples; i++) {
        const struct profile_sample *sample = &cache->samples[i];
        uint32_t frame = 0;
        if (profile_add_frame(profile, &cache->frames[sample->frames[0]], &frame, err) < 0 ||
            profile_add_sample(profile, &frame, 1, sample->values, err) < 0)
            return -1;
    }
    return 0;
}

static int held_files_snapshot(void *self, const char *dir, size_t cycle, struct error *err)
{
    struct held_files *files = self;
    CLEANUP(profile_freep) struct profile *cache = take_ptr(&files->cache);
    CLEANUP(profile_freep) struct profile *profile = NULL;
    unsigned parts = FILE_SET_SHMEM | (cache == NULL ? FILE_SET_CACHE : 0U);
    if (held_files_look(files, parts, &profile, err) < 0 ||
        (cache != NULL && held_files_add_cache(cache, profile, err) < 0))
        return -1;
    profile->time_ns = clock_wall_ms() * NSEC_PER_MSEC;
    return instrument_store(profile, dir, "files", cycle, err);
}

static void held_files_effect(const void *self, char *text, size_t size)
{
    const struct held_files *files = self;
    size_t dropped = files->dropped;
    if (files->opens != NULL)
        dropped += file_opens_dropped(files->opens);
    int length = snprintf(text, size, "%s%s",
                          files->opens != NULL ? ""
                                               : "what was read and closed again is not seen "
                                                 "(that takes root). ",
                          files->tells_owner ? ""
                                             : "page cache that others are charged for is "
                                               "in it (who is takes root). ");
    if (dropped > 0 && length >= 0 && (size_t)length < size)
        snprintf(text + length, size - (size_t)length, "%zu more than are looked at", dropped);
}

static void held_files_end(void *self)
{
    struct held_files *files = self;
    file_opens_end(files->opens);
    profile_free(files->cache);
    free(files);
}

const struct instrument instrument_held_files = {
    .kinds = 1u << INSTRUMENT_FILES,
    .begin = held_files_begin,
    .started = held_files_target,
    .ready = held_files_target,
    .settled = held_files_settled,
    .snapshot = held_files_snapshot,
    .effect = held_files_effect,
    .end = held_files_end,
};
