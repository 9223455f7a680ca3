#include "cli/report_explanations.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/console.h"
#include "explain/explanation_json.h"
#include "report/ci_annotations.h"

#define REPORT_ANNOTATIONS_MAX ((size_t)16 << 20)

static int report_explanation_load(const char *result, struct explanation **ret, struct error *err)
{
    CLEANUP(freep) char *dir = file_join(result, EXPLANATION_FOLDER);
    struct error failure = {.kind = ERROR_NONE};
    if (dir == NULL)
        return error_out_of_memory(err);
    if (explanation_load(dir, ret, &failure) < 0)
        console_error(&failure);
    return 0;
}

int report_explanations_load(const struct result_folders *results, struct report_explanations *ret,
                             struct error *err)
{
    *ret =
        (struct report_explanations){.items = calloc(results->n + 1, sizeof(struct explanation *))};
    if (ret->items == NULL)
        return error_out_of_memory(err);
    for (; ret->n < results->n; ret->n++) {
        if (report_explanation_load(results->items[ret->n].dir, &ret->items[ret->n], err) < 0)
            return -1;
        ret->n_explained += ret->items[ret->n] != NULL;
    }
    return 0;
}

void report_explanations_done(struct report_explanations *explanations)
{
    for (size_t i = 0; i < explanations->n; i++)
        explanation_free(explanations->items[i]);
    free(explanations->items);
    *explanations = (struct report_explanations){0};
}

const char *report_source_file(const char *folder, const char *file)
{
    size_t length = strlen(folder);
    CLEANUP(closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || *file == '\0')
        return NULL;
    if (length > 1 && strncmp(file, folder, length) == 0 && file[length] == '/')
        return file;
    if (file[0] != '/' && file_exists(fd, file))
        return file;
    for (const char *end = strchr(file, '/'); end != NULL; end = strchr(end + 1, '/')) {
        bool has_folder = strchr(end + 1, '/') != NULL;
        bool goes_up = strncmp(end + 1, "../", 3) == 0;
        if (has_folder && !goes_up && end[1] != '/' && file_exists(fd, end + 1))
            return end + 1;
    }
    return NULL;
}

struct records_ci_place *report_places(const struct report_explanations *explanations,
                                       const char *folder)
{
    struct records_ci_place *places = calloc(explanations->n + 1, sizeof(*places));
    for (size_t i = 0; places != NULL && i < explanations->n; i++) {
        const struct explanation *explanation = explanations->items[i];
        const struct explanation_frame *frame = explanation != NULL && explanation->n_entries > 0
                                                    ? explanation_place(&explanation->entries[0])
                                                    : NULL;
        places[i].explanation = explanation;
        if (frame != NULL && frame->line > 0 && folder != NULL)
            places[i].file = report_source_file(folder, frame->file);
    }
    return places;
}

int report_annotate(const struct result_folders *results,
                    const struct report_explanations *explanations, struct error *err)
{
    const char *actions = getenv("GITHUB_ACTIONS");
    if (explanations->n_explained == 0 || actions == NULL || strcmp(actions, "true") != 0)
        return 0;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(REPORT_ANNOTATIONS_MAX);
    CLEANUP(ci_list_done) struct ci_list list = {0};
    CLEANUP(freep) char *folder = getcwd(NULL, 0);
    CLEANUP(freep) struct stored_record *runs = calloc(results->n + 1, sizeof(*runs));
    CLEANUP(freep) struct records_ci_place *places = report_places(explanations, folder);
    if (runs == NULL || places == NULL)
        return error_out_of_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < results->n; i++) {
        if (explanations->items[i] == NULL)
            continue;
        runs[n] = (struct stored_record){results->items[i].record, results->items[i].dir};
        places[n++] = places[i];
    }
    const struct records_ci_input input = {.items = runs, .n = n, .places = places};
    if (records_ci(&input, &list, err) < 0)
        return -1;
    list.report.directory = folder;
    if (ci_annotations_write(&list.report, &text, err) < 0)
        return error_prefix(err, "annotations");
    fputs(buffer_text(&text), stderr);
    return 0;
}
