#include "scenario/record_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/libc.h"
#include "scenario/gate_fields.h"
#include "scenario/record_ends.h"
#include "scenario/record_instruments.h"
#include "timeline/timeline_csv.h"

#define RECORD_FILE_MAX_BYTES ((size_t)256 * 1024 * 1024)

static int record_store_file(int dir_fd, const char *name, const struct buffer *text,
                             struct error *err)
{
    return file_write_private(dir_fd, name, buffer_text(text), text->length, err);
}

static int record_store_json(const struct record *record, int dir_fd, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(RECORD_FILE_MAX_BYTES);
    struct json_writer writer;
    json_writer_begin(&writer, &text);
    record_write_json(&writer, NULL, record);
    if (json_writer_end(&writer, err) < 0)
        return -1;
    return record_store_file(dir_fd, "result.json", &text, err);
}

static int record_store_csv(const struct record *record, int dir_fd, struct error *err)
{
    CLEANUP(buffer_done) struct buffer timeline = BUFFER_INIT(RECORD_FILE_MAX_BYTES);
    CLEANUP(buffer_done) struct buffer cycles = BUFFER_INIT(RECORD_FILE_MAX_BYTES);
    if (timeline_csv_write(record->timeline, &timeline, err) < 0 ||
        record_store_file(dir_fd, "timeline.csv", &timeline, err) < 0 ||
        cycles_csv_write(record->timeline, &cycles, err) < 0)
        return -1;
    return record_store_file(dir_fd, "cycles.csv", &cycles, err);
}

/* Put work_dir in the place of final_dir: at no time is there half a result under that name. An
 * overlay does not move folders of its lower layer (rename(2), EXDEV), as in a container whose
 * image holds results: such a one is removed before. */
static int record_publish(const char *work_dir, const char *final_dir, struct error *err)
{
    /* At once, where there is one already and the file system can. */
    if (libc_exchange(work_dir, final_dir) == 0)
        return file_remove_tree(work_dir, err);
    CLEANUP(freep) char *old_dir = NULL;
    if (asprintf(&old_dir, "%s.old", work_dir) < 0) {
        old_dir = NULL;
        return error_out_of_memory(err);
    }
    bool had_old = rename(final_dir, old_dir) == 0;
    if (!had_old && errno == EXDEV && file_remove_tree(final_dir, err) < 0)
        return -1;
    if (rename(work_dir, final_dir) < 0) {
        int saved = errno;
        if (had_old && rename(old_dir, final_dir) < 0)
            return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot put back %s", final_dir);
        return error_set_errno(err, ERROR_ENVIRONMENT, saved, "cannot make %s", final_dir);
    }
    return had_old ? file_remove_tree(old_dir, err) : 0;
}

static int record_store_files(const struct record *record, const char *work_dir,
                              const char *final_dir, struct error *err)
{
    if (file_make_private_directory(work_dir, err) < 0)
        return -1;
    CLEANUP(closep) int dir_fd = open(work_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open %s", work_dir);
    if (record_store_csv(record, dir_fd, err) < 0 || record_store_json(record, dir_fd, err) < 0)
        return error_prefix(err, "cannot store the result in %s", work_dir);
    struct account caller;
    if (caller_used_sudo(&caller) && file_give_tree(work_dir, caller.uid, caller.gid, err) < 0)
        return -1;
    return record_publish(work_dir, final_dir, err);
}

/* What was found out is told all the same. */
static int record_tell_unstored(const struct record *record, struct error *err)
{
    const struct verdict *verdict = &record->verdict;
    if (record->error.kind != ERROR_NONE)
        return error_prefix(err, "%s: %.400s; and", record->id, record->error.text);
    return error_prefix(err, "%s: %s%s%s; but", record->id, verdict_kind_name(verdict->kind),
                        verdict->cause != CAUSE_NONE ? ", " : "",
                        verdict->cause != CAUSE_NONE ? cause_name(verdict->cause) : "");
}

int record_store(const struct record *record, const char *work_dir, const char *final_dir,
                 struct error *err)
{
    return record_store_files(record, work_dir, final_dir, err) < 0
               ? record_tell_unstored(record, err)
               : 0;
}

static int record_read_text(const struct json_place *root, const char *key, char *text, size_t size,
                            struct error *err)
{
    struct json_place place;
    const char *value = NULL;
    if (!json_member(root, key, &place))
        return 0;
    if (json_string(&place, &value, err) < 0)
        return -1;
    snprintf(text, size, "%s", value);
    return 0;
}

static int record_read_count(const struct json_place *object, const char *key, uint64_t *ret,
                             struct error *err)
{
    struct json_place place;
    if (!json_member(object, key, &place))
        return 0;
    return json_count(&place, 0, UINT64_C(1) << 53, ret, err);
}

static int record_read_unsigned(const struct json_place *object, const char *key, unsigned *ret,
                                struct error *err)
{
    uint64_t value = *ret;
    if (record_read_count(object, key, &value, err) < 0)
        return -1;
    *ret = (unsigned)value;
    return 0;
}

static int record_read_seconds(const struct json_place *object, const char *key, bool *ret_has,
                               nsec_t *ret_ns, struct error *err)
{
    struct json_place place;
    double seconds = 0;
    *ret_has = json_member(object, key, &place);
    if (!*ret_has)
        return 0;
    if (json_number(&place, 0, 1e9, &seconds, err) < 0)
        return -1;
    *ret_ns = (nsec_t)(seconds * 1e9 + 0.5);
    return 0;
}

static int record_read_gate(const struct json_place *root, struct record *record, struct error *err)
{
    struct json_place gate;
    if (!json_member(root, "gate", &gate))
        return 0;
    int r = gate_budgets_read(&gate, &record->gate, err);
    record->gate.line = 0;
    return r;
}

static int record_read_expectation(const struct json_place *root, struct record *record,
                                   struct error *err)
{
    struct json_place expect;
    char word[32] = "";
    if (!json_member(root, "expect", &expect))
        return 0;
    if (record_read_text(&expect, "verdict", word, sizeof(word), err) < 0)
        return -1;
    record->has_expectation = true;
    if (!verdict_kind_from_name(word, &record->expect))
        return json_error(&expect, err, "found the unknown verdict \"%s\"", word);
    word[0] = '\0';
    if (record_read_text(&expect, "cause", word, sizeof(word), err) < 0)
        return -1;
    record->expects_cause = word[0] != '\0';
    if (record->expects_cause && !cause_from_name(word, &record->expect_cause))
        return json_error(&expect, err, "found the unknown cause \"%s\"", word);
    return 0;
}

static int record_read_question(const struct json_place *root, struct record *record,
                                struct error *err)
{
    struct verdict_question *question = &record->question;
    struct json_place object;
    struct json_place place;
    uint64_t thinned = 1;
    question->limit_bytes = UINT64_MAX;
    if (record_read_count(root, "limit_bytes", &question->limit_bytes, err) < 0)
        return -1;
    if (!json_member(root, "question", &object))
        return json_error(root, err, "found no \"question\", expected what a result holds");
    if (record_read_unsigned(&object, "concurrency", &question->concurrency, err) < 0 ||
        record_read_unsigned(&object, "cycles_max", &question->cycles_max, err) < 0 ||
        record_read_unsigned(&object, "cycles_min", &question->cycles_min, err) < 0 ||
        record_read_count(&object, "cycle_requests", &question->cycle_requests, err) < 0 ||
        record_read_count(&object, "ticks", &record->timeline->ticks, err) < 0 ||
        record_read_count(&object, "late_ticks", &record->timeline->late_ticks, err) < 0 ||
        record_read_count(&object, "thinned", &thinned, err) < 0)
        return -1;
    record->timeline->thinned = (unsigned)thinned;
    if (json_member(&object, "rate_per_s", &place) &&
        json_number(&place, 0, 1e9, &question->rate_per_s, err) < 0)
        return -1;
    static const struct {
        const char *key;
        size_t offset;
    } flags[] = {
        {"can_trim", offsetof(struct verdict_question, can_trim)},
        {"can_reclaim", offsetof(struct verdict_question, can_reclaim)},
        {"attached", offsetof(struct verdict_question, attached)},
        {"comes_back", offsetof(struct verdict_question, comes_back)},
        {"stays_down", offsetof(struct verdict_question, stays_down)},
        {"heap_is_exact", offsetof(struct verdict_question, heap_is_exact)},
        {"heap_has_garbage", offsetof(struct verdict_question, heap_has_garbage)},
        {"heap_is_collected", offsetof(struct verdict_question, heap_is_collected)},
        {"heap_is_constant", offsetof(struct verdict_question, heap_is_constant)},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++)
        if (json_member(&object, flags[i].key, &place) &&
            json_bool(&place, (bool *)((char *)question + flags[i].offset), err) < 0)
            return -1;
    if (record_read_unsigned(&object, "kills_min", &question->kills_min, err) < 0 ||
        record_read_count(&object, "quarantine_bytes", &question->quarantine_bytes, err) < 0)
        return -1;
    return record_read_count(&object, "heap_max_bytes", &question->heap_max_bytes, err);
}

static int record_read_error(const struct json_place *root, struct record *record,
                             struct error *err)
{
    static const char *const kinds[] = {"usage", "environment", "service", "interrupted",
                                        "internal"};
    struct json_place object;
    char kind[32] = "";
    if (!json_member(root, "error", &object))
        return 0;
    if (record_read_text(&object, "kind", kind, sizeof(kind), err) < 0 ||
        record_read_text(&object, "text", record->error.text, sizeof(record->error.text), err) < 0)
        return -1;
    record->error.kind = ERROR_INTERNAL;
    for (unsigned i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (strcmp(kinds[i], kind) == 0)
            record->error.kind = (enum error_kind)(i + ERROR_USAGE);
    return 0;
}

static int record_read_lists(const struct json_place *root, struct record *record,
                             struct error *err)
{
    struct json_place list;
    struct json_place item;
    if (!json_member(root, "warnings", &list))
        return 0;
    for (bool more = json_first(&list, &item); more; more = json_next(&list, &item)) {
        const char *text = NULL;
        if (json_string(&item, &text, err) < 0)
            return -1;
        record_warn(record, "%s", text);
    }
    return 0;
}

static int record_read_runtime(const struct json_place *item, struct runtime *ret,
                               struct error *err)
{
    char word[32] = "";
    uint64_t pid = 0;
    struct json_place place;
    if (json_expect_object(item, err) < 0 ||
        record_read_text(item, "runtime", word, sizeof(word), err) < 0 ||
        record_read_text(item, "version", ret->version, sizeof(ret->version), err) < 0 ||
        record_read_text(item, "heap_from", ret->heap_from, sizeof(ret->heap_from), err) < 0 ||
        record_read_count(item, "pid", &pid, err) < 0 ||
        record_read_count(item, "heap_max_bytes", &ret->heap_max_bytes, err) < 0)
        return -1;
    if (!runtime_kind_from_name(word, &ret->kind))
        return json_error(item, err, "found the unknown runtime \"%s\"", word);
    ret->pid = (int32_t)pid;
    ret->has_heap_max = json_member(item, "heap_max_bytes", &place);
    ret->heap_is_constant = json_member(item, "heap_is_constant", &place);
    return 0;
}

static int record_read_runtimes(const struct json_place *root, struct record *record,
                                struct error *err)
{
    struct json_place list;
    struct json_place item;
    if (!json_member(root, "runtimes", &list))
        return 0;
    for (bool more = json_first(&list, &item); more && record->n_runtimes < RECORD_RUNTIMES_MAX;
         more = json_next(&list, &item))
        if (record_read_runtime(&item, &record->runtimes[record->n_runtimes++], err) < 0)
            return -1;
    return 0;
}

/* Which run it is. */
static int record_read_names(const struct json_place *root, struct record *record,
                             struct error *err)
{
    const struct {
        const char *key;
        char *text;
        size_t size;
    } names[] = {
        {"id", record->id, sizeof(record->id)},
        {"scenario", record->scenario, sizeof(record->scenario)},
        {"variant", record->variant, sizeof(record->variant)},
        {"label", record->label, sizeof(record->label)},
        {"build", record->build, sizeof(record->build)},
        {"malloc", record->allocator, sizeof(record->allocator)},
        {"sanitizer_options", record->sanitizer_options, sizeof(record->sanitizer_options)},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (record_read_text(root, names[i].key, names[i].text, names[i].size, err) < 0)
            return -1;
    if (record_read_unsigned(root, "group", &record->group, err) < 0)
        return -1;
    return record_read_unsigned(root, "position", &record->position, err);
}

static int record_read_started(const struct json_place *root, struct record *record,
                               struct error *err)
{
    struct json_place place;
    double seconds = 0;
    if (!json_member(root, "started_unix_s", &place))
        return 0;
    if (json_number(&place, 0, 1e11, &seconds, err) < 0)
        return -1;
    record->started_unix_ms = (int64_t)(seconds * 1000 + 0.5);
    return 0;
}

/* What recordings have not had from the beginning. */
static int record_read_more_facts(const struct json_place *root, struct record *record,
                                  struct error *err)
{
    struct record_machine *machine = &record->machine;
    struct record_work *work = &record->work;
    struct json_place place;
    work->known =
        json_member(root, "cycle_requests", &place) && json_member(root, "warmup_requests", &place);
    if (record_read_text(root, "architecture", machine->architecture, sizeof(machine->architecture),
                         err) < 0 ||
        record_read_text(root, "libc", machine->libc, sizeof(machine->libc), err) < 0 ||
        record_read_text(root, "thp", machine->thp, sizeof(machine->thp), err) < 0 ||
        record_read_unsigned(root, "page_bytes", &machine->page_bytes, err) < 0 ||
        record_read_text(root, "reclaim_by", machine->reclaim_by, sizeof(machine->reclaim_by),
                         err) < 0 ||
        record_read_text(root, "peak_by", machine->peak_by, sizeof(machine->peak_by), err) < 0 ||
        record_read_started(root, record, err) < 0 ||
        record_read_count(root, "cycle_requests", &work->cycle_requests, err) < 0)
        return -1;
    return record_read_count(root, "warmup_requests", &work->warmup_requests, err);
}

static int record_read_facts(const struct json_place *root, struct record *record,
                             struct error *err)
{
    char word[64] = "";
    if (record_read_text(root, "schema", word, sizeof(word), err) < 0)
        return -1;
    if (strcmp(word, "leakcage.result/1") != 0)
        return json_error(root, err, "found the schema \"%s\", expected \"leakcage.result/1\"",
                          word);
    word[0] = '\0';
    if (record_read_names(root, record, err) < 0 ||
        record_read_text(root, "driver", record->driver, sizeof(record->driver), err) < 0 ||
        record_read_text(root, "target", record->target, sizeof(record->target), err) < 0 ||
        record_read_text(root, "accel", record->accel, sizeof(record->accel), err) < 0 ||
        record_read_text(root, "kernel", record->kernel, sizeof(record->kernel), err) < 0 ||
        record_read_text(root, "termination", word, sizeof(word), err) < 0)
        return -1;
    if (!termination_from_name(word, &record->termination))
        return json_error(root, err, "found the unknown termination \"%s\"", word);
    if (record_read_more_facts(root, record, err) < 0)
        return -1;

    bool has_duration = false;
    bool has_waited = false;
    nsec_t verdict_ns = 0;
    unsigned restarts = 0;
    if (record_read_unsigned(root, "cpus", &record->cpus, err) < 0 ||
        record_read_unsigned(root, "sample_hz", &record->sample_hz, err) < 0 ||
        record_read_unsigned(root, "restarts", &restarts, err) < 0 ||
        record_read_seconds(root, "duration_s", &has_duration, &record->duration_ns, err) < 0 ||
        record_read_seconds(root, "waited_s", &has_waited, &record->waited_ns, err) < 0 ||
        record_read_seconds(root, "ready_s", &record->has_ready, &record->ready_ns, err) < 0 ||
        record_read_seconds(root, "verdict_s", &record->has_decided, &verdict_ns, err) < 0)
        return -1;
    record->starts = restarts + 1;
    record->decided_ns = record->ready_ns + verdict_ns;
    return 0;
}

static int record_load_csv(int dir_fd, const char *dir, const char *name, struct record *record,
                           struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(RECORD_FILE_MAX_BYTES);
    CLEANUP(freep) char *path = file_join(dir, name);
    if (path == NULL)
        return error_out_of_memory(err);
    if (file_read(dir_fd, name, &text, err) < 0) {
        err->kind = ERROR_USAGE;
        return error_prefix(err, "%s", dir);
    }
    if (text.data == NULL)
        return error_set(err, ERROR_USAGE, "%s: is empty", path);
    return strcmp(name, "cycles.csv") == 0
               ? cycles_csv_read(path, text.data, record->timeline, err)
               : timeline_csv_read(path, text.data, record->timeline, err);
}

int record_load(const char *dir, struct record **ret, struct error *err)
{
    CLEANUP(freep) char *path = file_join(dir, "result.json");
    if (path == NULL)
        return error_out_of_memory(err);
    CLEANUP(json_freep) struct json_document *document = NULL;
    if (json_load_file(path, RECORD_FILE_MAX_BYTES, &document, err) < 0)
        return -1;

    static const struct run_spec nothing = {.scenario = ""};
    CLEANUP(record_freep) struct record *record = NULL;
    if (record_new(&nothing, &record, err) < 0)
        return -1;
    record->timeline->max_memory = TIMELINE_READ_MAX;
    record->timeline->max_load = TIMELINE_READ_MAX;
    record->timeline->max_cycles = TIMELINE_CYCLES_MAX;
    struct json_place root = json_root(document);
    if (json_expect_object(&root, err) < 0 || record_read_facts(&root, record, err) < 0 ||
        record_read_expectation(&root, record, err) < 0 ||
        record_read_gate(&root, record, err) < 0 || record_read_question(&root, record, err) < 0 ||
        record_read_error(&root, record, err) < 0 || record_read_lists(&root, record, err) < 0 ||
        record_read_ends(&root, record, err) < 0 || record_read_runtimes(&root, record, err) < 0 ||
        record_read_instruments(&root, record, err) < 0)
        return -1;

    CLEANUP(closep) int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0)
        return error_set_errno(err, ERROR_USAGE, errno, "cannot open %s", dir);
    if (record_load_csv(dir_fd, dir, "cycles.csv", record, err) < 0 ||
        record_load_csv(dir_fd, dir, "timeline.csv", record, err) < 0)
        return -1;
    record_judge(record);
    *ret = take_ptr(&record);
    return 0;
}
