#pragma once
/* The files that hold memory at one moment, each once (by device and inode), whoever has it open or
 * mapped: for held_files.c. */
#include <sys/types.h>

#include "instrument/file_label.h"
#include "instrument/file_pages.h"
#include "profile/profile.h"

#define FILE_SET_MAX 65536

/* Segments of System V are told apart by their numbers, mapped or not. */
#define FILE_SET_SYSV_DEVICE ((dev_t)-1)

struct file_set;

/* Which of them: page cache, which reclaim takes back, or shared memory, which it does not. */
enum file_set_part {
    FILE_SET_CACHE = 1,
    FILE_SET_SHMEM = 2,
};

/* What a set is made with; all is borrowed. */
struct file_set_facts {
    unsigned parts; /* a bit for each */
    const struct file_pages *pages;
    const char *data_dir; /* NULL: none */
};

/* An empty one; what it is given adds to `profile` (inuse_objects, inuse_space) at once, which is
 * borrowed. The caller owns *ret. */
int file_set_new(struct profile *profile, const struct file_set_facts *facts, struct file_set **ret,
                 struct error *err);
void file_set_free(struct file_set *set);   /* NULL is fine */
void file_set_freep(struct file_set **set); /* for CLEANUP */

/* What this process has open and mapped. One that is gone, or may not be looked at, is left out. */
int file_set_add_process(struct file_set *set, pid_t pid, struct error *err);

/* The file of this path, as we see it, or one below /proc that leads to it; `name` is what to call
 * it (NULL: the same). One that is not there, or is no file, is left out. */
int file_set_add_path(struct file_set *set, const char *path, const char *name, struct error *err);

/* All files below this folder, to a depth of 16. */
int file_set_add_folder(struct file_set *set, const char *path, struct error *err);

/* So many files of this kind that nothing has open, with so many bytes resident. */
int file_set_add_bytes(struct file_set *set, enum file_kind kind, dev_t device, ino_t inode,
                       uint64_t bytes, struct error *err);

/* How many were left out, for there were more than FILE_SET_MAX. */
size_t file_set_dropped(const struct file_set *set);
