#include "serve/serve_row.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "explain/explanation_json.h"
#include "explain/explanation_sentence.h"
#include "serve/serve_folder.h"

#define RESULT_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define FEED_PART_BYTES  ((size_t)32 * 1024)
#define CYCLES_MAX       ((size_t)1000000)
#define NUMBER_MAX       1e300

bool serve_stamp_of(const char *path, struct serve_stamp *ret)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return false;
    *ret = (struct serve_stamp){
        .device = status.st_dev,
        .inode = status.st_ino,
        .size_bytes = status.st_size,
        .mtime_ns = (int64_t)status.st_mtim.tv_sec * NSEC_PER_SEC + status.st_mtim.tv_nsec,
    };
    return true;
}

bool serve_stamp_is(const struct serve_stamp *a, const struct serve_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size_bytes == b->size_bytes &&
           a->mtime_ns == b->mtime_ns;
}

bool serve_stamps_of(const char *dir, struct serve_stamp *ret, struct serve_stamp *ret_explained)
{
    CLEANUP(freep) char *result = file_join(dir, "result.json");
    CLEANUP(freep) char *explanation = file_join(dir, EXPLANATION_FOLDER "/" EXPLANATION_FILE);
    *ret = *ret_explained = (struct serve_stamp){0};
    if (explanation != NULL)
        (void)serve_stamp_of(explanation, ret_explained);
    return result != NULL && serve_stamp_of(result, ret);
}

/* A text of the object, cut to fit; "" when it has none. */
static void row_text(const struct json_place *object, const char *key, char *ret, size_t size)
{
    struct json_place place;
    const char *text = "";
    if (json_member(object, key, &place) && json_is_string(&place))
        (void)json_string(&place, &text, NULL);
    snprintf(ret, size, "%s", text);
}

static struct serve_number row_number(const struct json_place *object, const char *key)
{
    struct json_place place;
    struct serve_number number = {.present = false};
    if (json_member(object, key, &place))
        number.present = json_number(&place, -NUMBER_MAX, NUMBER_MAX, &number.value, NULL) == 0;
    return number;
}

/* The object `key` of the object; false: it has none. */
static bool row_object(const struct json_place *object, const char *key, struct json_place *ret)
{
    return json_member(object, key, ret) && json_is_object(ret);
}

static struct serve_number row_last_floor(const struct json_place *root)
{
    struct json_place cycles;
    struct json_place cycle;
    struct serve_number floor = {.present = false};
    if (!json_member(root, "cycles", &cycles) || !json_is_array(&cycles))
        return floor;
    for (bool more = json_first(&cycles, &cycle); more; more = json_next(&cycles, &cycle))
        if (json_is_object(&cycle)) {
            struct serve_number found = row_number(&cycle, "floor_bytes");
            floor = found.present ? found : floor;
        }
    return floor;
}

static void row_take(struct serve_row *row, const struct json_place *root)
{
    struct json_place part;
    row_text(root, "id", row->id, sizeof(row->id));
    row_text(root, "label", row->label, sizeof(row->label));
    if (row->label[0] == '\0')
        row_text(root, "variant", row->label, sizeof(row->label));
    row_text(root, "verdict", row->verdict, sizeof(row->verdict));
    row_text(root, "cause", row->cause, sizeof(row->cause));
    row_text(root, "outcome", row->outcome, sizeof(row->outcome));
    if (strcmp(row->cause, "none") == 0)
        row->cause[0] = '\0';
    if (row_object(root, "error", &part))
        row_text(&part, "text", row->error, sizeof(row->error));
    if (row_object(root, "growth_bytes_per_request", &part))
        row->growth_bytes_per_request = row_number(&part, "estimate");
    row->growth_bytes_per_s = row_number(root, "growth_bytes_per_s");
    row->floor_bytes = row_last_floor(root);
    row->peak_bytes = row_number(root, "peak_bytes");
    row->limit_bytes = row_number(root, "limit_bytes");
    row->duration_s = row_number(root, "duration_s");
    row->requests = row_number(root, "requests_total");
}

/* Is it a result's object at all? */
static int row_check(const struct json_place *root, struct error *err)
{
    struct json_place schema;
    const char *text = "";
    if (json_expect_object(root, err) < 0)
        return -1;
    if (!json_member(root, "schema", &schema) || !json_is_string(&schema) ||
        json_string(&schema, &text, err) < 0 || strncmp(text, "leakcage.result/", 16) != 0)
        return json_error(root, err, "found no result, expected \"schema\": \"leakcage.result/1\"");
    return 0;
}

/* Who takes what grows. An explanation that is broken is none here; the page says what is wrong. */
static void row_explain(struct serve_row *row)
{
    static const struct serve_stamp none = {0};
    CLEANUP(freep) char *dir = file_join(row->dir, EXPLANATION_FOLDER);
    CLEANUP(explanation_freep) struct explanation *explanation = NULL;
    char place[EXPLANATION_SENTENCE_MAX];
    row->place[0] = '\0';
    if (dir == NULL || serve_stamp_is(&row->explained, &none) ||
        explanation_load(dir, &explanation, NULL) != 0)
        return;
    snprintf(row->place, sizeof(row->place), "%.*s", SERVE_NAME_MAX - 1,
             explanation_short_place(explanation, place));
}

static int row_read(struct serve_row *row, struct error *err)
{
    CLEANUP(freep) char *path = file_join(row->dir, "result.json");
    CLEANUP(json_freep) struct json_document *document = NULL;
    if (path == NULL)
        return error_out_of_memory(err);
    if (serve_folder_check(row->root, row->dir, err) < 0 ||
        json_load_file(path, RESULT_MAX_BYTES, &document, err) < 0)
        return -1;
    const struct json_place root = json_root(document);
    if (row_check(&root, err) < 0)
        return -1;
    row_take(row, &root);
    row_explain(row);
    return 0;
}

void serve_row_read(struct serve_row *row)
{
    struct error err = {.kind = ERROR_NONE};
    row->why[0] = '\0';
    const char *slash = strrchr(row->dir, '/');
    snprintf(row->id, sizeof(row->id), "%s", slash != NULL ? slash + 1 : row->dir);
    if (row_read(row, &err) < 0)
        snprintf(row->why, sizeof(row->why), "%.*s", SERVE_WHY_MAX - 1, err.text);
}

void serve_row_done(struct serve_row *row)
{
    free(row->key);
    free(row->dir);
    *row = (struct serve_row){0};
}

/* Up to FEED_PART_BYTES of the file from `from`, with a NUL behind. Returns how many. */
static size_t run_read_part(int fd, off_t from, char *text)
{
    ssize_t length = pread(fd, text, FEED_PART_BYTES, from);
    text[length > 0 ? length : 0] = '\0';
    return length > 0 ? (size_t)length : 0;
}

/* The object on a line; NULL: it is none. The caller frees it. */
static struct json_document *run_parse(const char *line, size_t length)
{
    struct json_document *document = NULL;
    if (json_load_text("feed", line, length, &document, NULL) < 0)
        return NULL;
    const struct json_place root = json_root(document);
    if (!json_is_object(&root))
        json_freep(&document);
    return document;
}

static int run_take_first(struct serve_run *run, const char *text)
{
    CLEANUP(json_freep) struct json_document *document = run_parse(text, strcspn(text, "\n"));
    if (document == NULL)
        return 1;
    const struct json_place root = json_root(document);
    row_text(&root, "label", run->label, sizeof(run->label));
    run->limit_bytes = row_number(&root, "limit_bytes");
    run->started_unix_s = row_number(&root, "started_unix_s");
    run->cycles_max = row_number(&root, "cycles_max");
    return 0;
}

/* What goes on, from the last line that is whole. 1: the end was told. */
static int run_take_last(struct serve_run *run, char *text)
{
    struct json_place end;
    char *newline = strrchr(text, '\n');
    if (newline == NULL)
        return 0;
    *newline = '\0';
    const char *line = strrchr(text, '\n');
    line = line != NULL ? line + 1 : text;
    CLEANUP(json_freep) struct json_document *document = run_parse(line, strlen(line));
    if (document == NULL)
        return 0;
    const struct json_place root = json_root(document);
    if (json_member(&root, "end", &end))
        return 1;
    row_text(&root, "phase", run->phase, sizeof(run->phase));
    run->t_s = row_number(&root, "t_s");
    run->cycle = row_number(&root, "cycle");
    run->requests = row_number(&root, "requests");
    run->requests_goal = row_number(&root, "requests_goal");
    run->current_bytes = row_number(&root, "current_bytes");
    return 0;
}

int serve_run_read(struct serve_run *run)
{
    struct stat status;
    CLEANUP(closep) int fd = open(run->feed, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    CLEANUP(freep) char *text = malloc(FEED_PART_BYTES + 1);
    if (text == NULL || fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
        run_read_part(fd, 0, text) == 0 || run_take_first(run, text) != 0)
        return 1;
    off_t from =
        status.st_size > (off_t)FEED_PART_BYTES ? status.st_size - (off_t)FEED_PART_BYTES : 0;
    (void)run_read_part(fd, from, text);
    return run_take_last(run, text);
}

void serve_run_done(struct serve_run *run)
{
    free(run->key);
    free(run->feed);
    *run = (struct serve_run){0};
}
