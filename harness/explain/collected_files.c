#include "explain/collected_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "verdict/evidence.h"

#define COLLECTED_FILES_MAX 8192

void collected_files_done(struct collected_files *files)
{
    closep(&files->fd);
    free(files->items);
}

/* Three digits or more after the last dot but the ending's; false: no file of the collector. */
static bool collected_split(const char *text, struct collected_file *ret)
{
    size_t length = strlen(text);
    size_t digits = 0;
    const char *end = text + length;
    const char *dot = memrchr(text, '.', length);
    if (dot != NULL && strspn(dot + 1, "0123456789") != strlen(dot + 1))
        end = dot;
    while (end > text && end[-1] >= '0' && end[-1] <= '9') {
        end--;
        digits++;
    }
    if (length >= sizeof(ret->text) || digits < 3 || digits > 6 || end - text < 2 || end[-1] != '.')
        return false;
    memcpy(ret->text, text, length + 1);
    ret->name_length = (int)(end - 1 - text);
    ret->cycle = strtoul(end, NULL, 10);
    return true;
}

static int collected_compare(const void *a, const void *b)
{
    const struct collected_file *left = a;
    const struct collected_file *right = b;
    int by_length = left->name_length - right->name_length;
    int common = by_length < 0 ? left->name_length : right->name_length;
    int by_name = memcmp(left->text, right->text, (size_t)common);
    if (by_name != 0 || by_length != 0)
        return by_name != 0 ? by_name : by_length;
    if (left->cycle != right->cycle)
        return left->cycle < right->cycle ? -1 : 1;
    return strcmp(left->text, right->text);
}

bool collected_files_same_name(const struct collected_file *a, const struct collected_file *b)
{
    return a->name_length == b->name_length &&
           memcmp(a->text, b->text, (size_t)a->name_length) == 0;
}

int collected_files_list(const char *dir, struct collected_files *ret, struct error *err)
{
    char path[4096];
    *ret = (struct collected_files){.fd = -1};
    snprintf(path, sizeof(path), "%s/" COLLECTED_FOLDER, dir);
    ret->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ret->fd < 0)
        return 0;
    DIR *folder = opendir(path);
    ret->items = calloc(COLLECTED_FILES_MAX, sizeof(*ret->items));
    if (folder == NULL || ret->items == NULL) {
        if (folder != NULL)
            closedir(folder);
        collected_files_done(ret);
        *ret = (struct collected_files){.fd = -1};
        return error_out_of_memory(err);
    }
    const struct dirent *entry = NULL;
    while (ret->n < COLLECTED_FILES_MAX && (entry = readdir(folder)) != NULL) {
        struct collected_file *file = &ret->items[ret->n];
        struct stat status;
        if (!collected_split(entry->d_name, file) ||
            fstatat(ret->fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(status.st_mode))
            continue;
        file->bytes = (uint64_t)status.st_size;
        ret->n++;
    }
    closedir(folder);
    qsort(ret->items, ret->n, sizeof(*ret->items), collected_compare);
    return 0;
}

void collected_files_story(const struct collected_files *files, size_t begin,
                           const struct record *record, struct collected_story *ret)
{
    const struct timeline *timeline = record->timeline;
    struct evidence evidence;
    evidence_gather(timeline, &record->question, &evidence);
    const struct floor_series *series = &evidence.series;
    size_t least = SIZE_MAX;
    size_t most = 0;
    if (series->n > 1) {
        least = (size_t)(series->cycle[0] - timeline->cycles);
        most = (size_t)(series->cycle[series->n - 1] - timeline->cycles);
    }
    *ret = (struct collected_story){.last = &files->items[begin]};
    for (size_t i = begin; i < files->n; i++) {
        const struct collected_file *file = &files->items[i];
        if (!collected_files_same_name(file, ret->last))
            break;
        ret->n++;
        if (file->cycle < least || file->cycle > most)
            continue;
        if (ret->first == NULL)
            ret->first = file;
        ret->last = file;
    }
    if (ret->first == NULL) /* none of them was judged */
        ret->last = &files->items[begin + ret->n - 1];
    if (ret->first == ret->last)
        ret->first = NULL;
    for (size_t i = ret->first != NULL ? ret->first->cycle + 1 : SIZE_MAX;
         i <= ret->last->cycle && i < timeline->n_cycles; i++)
        ret->requests += load_counts_completed(&timeline->cycles[i].counts);
}
