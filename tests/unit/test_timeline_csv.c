/* timeline.csv and cycles.csv: what is written is read back unchanged, and what is broken is said
 * with file and line. */
#include "timeline/timeline_csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/random.h"
#include "timeline/csv.h"

#define TEXT_MAX ((size_t)16 * 1024 * 1024)

static const uint64_t extremes[] = {0, 1, UINT64_MAX - 1, UINT64_MAX, (uint64_t)1 << 63};

static uint64_t any_value(struct random *random)
{
    return random_below(random, 4) == 0 ? extremes[random_below(random, ARRAY_LENGTH(extremes))]
                                        : random_u64(random) >> random_below(random, 64);
}

/* The first `fields` of the table, or some of them. */
static void any_memory(struct random *random, nsec_t t_ns, unsigned fields,
                       struct memory_sample *ret)
{
    *ret = (struct memory_sample){.t_ns = t_ns};
    for (unsigned i = 0; i < fields; i++)
        if (random_below(random, 3) > 0)
            memory_sample_set(ret, (enum memory_field)i, any_value(random));
}

/* Names with everything that means something in these files. */
static void any_name(struct random *random, char *name, size_t size, bool any_byte)
{
    static const char alphabet[] = ";=%\",:ab \xc3\xbc'/\\";
    size_t length = random_below(random, size);
    for (size_t i = 0; i < length; i++) {
        name[i] = alphabet[random_below(random, sizeof(alphabet) - 1)];
        if (any_byte && random_below(random, 8) == 0)
            name[i] = (char)(1 + random_below(random, 255)); /* line ends and worse */
    }
    name[length] = '\0';
}

static unsigned any_groups(struct random *random, struct survey_group *groups)
{
    unsigned n = (unsigned)random_below(random, SURVEY_GROUPS_MAX + 1);
    for (unsigned i = 0; i < n; i++) {
        any_name(random, groups[i].name, sizeof(groups[i].name), true);
        groups[i].count = any_value(random);
        groups[i].bytes = random_below(random, 2) == 0 ? SURVEY_ABSENT : any_value(random);
    }
    return n;
}

static void any_survey(struct random *random, nsec_t t_ns, struct survey *ret)
{
    survey_init(ret);
    ret->t_ns = t_ns;
    any_memory(random, 0, MEMORY_CGROUP_FIELD_MAX, &ret->memory);
    for (unsigned i = 0; i < SURVEY_FIELD_MAX; i++)
        if (random_below(random, 3) > 0)
            ret->value[i] = any_value(random);
    ret->n_sockets = any_groups(random, ret->sockets);
    ret->n_files = any_groups(random, ret->files);
    ret->n_processes = (unsigned)random_below(random, SURVEY_PROCESSES_MAX + 1);
    for (unsigned i = 0; i < ret->n_processes; i++) {
        struct survey_process *process = &ret->processes[i];
        process->pid = (int32_t)random_below(random, INT32_MAX);
        any_name(random, process->name, sizeof(process->name), true);
        process->anon_bytes = any_value(random);
        process->threads = any_value(random);
        process->descriptors = random_below(random, 4) > 0 ? any_value(random) : SURVEY_ABSENT;
        process->shmem_bytes = random_below(random, 4) > 0 ? any_value(random) : SURVEY_ABSENT;
    }
}

static struct load_counts any_counts(struct random *random)
{
    return (struct load_counts){.started = any_value(random),
                                .ok = any_value(random),
                                .other_status = any_value(random),
                                .refused = any_value(random),
                                .reset = any_value(random),
                                .timed_out = any_value(random),
                                .failed = any_value(random)};
}

static nsec_t any_latency(struct random *random)
{
    return random_below(random, 4) == 0 ? -1 : (nsec_t)(random_u64(random) >> 1);
}

static void any_cycle(struct random *random, nsec_t t_ns, struct cycle *ret)
{
    *ret = (struct cycle){
        .kind = (enum cycle_kind)random_below(random, CYCLE_KIND_MAX_),
        .start = (unsigned)random_u64(random),
        .concurrency = (unsigned)random_u64(random),
        .requests = any_value(random),
        .counts = any_counts(random),
        .begin_ns = t_ns,
        .load_end_ns = t_ns + 1,
        .settled_ns = t_ns + 2,
        .floor_ns = t_ns + 3,
        .complete = random_below(random, 2) == 0,
        .came_to_rest = random_below(random, 2) == 0,
        .deadline_hit = random_below(random, 2) == 0,
        .reclaimed = random_below(random, 2) == 0,
        .peak_bytes = any_value(random),
        .oom_kills = any_value(random),
        .events_max = any_value(random),
        .events_high = any_value(random),
        .psi_full_us = any_value(random),
        .reclaimed_bytes = (int64_t)any_value(random),
        .latency_p50_ns = any_latency(random),
        .latency_p99_ns = any_latency(random),
    };
    any_survey(random, ret->settled_ns, &ret->settled);
    any_survey(random, ret->floor_ns, &ret->floor);
}

static struct timeline *any_timeline(uint64_t seed)
{
    struct random random = random_from(seed);
    struct timeline *timeline = NULL;
    ck_assert_int_eq(timeline_new(1000, &timeline, NULL), 0);
    struct cycle *cycle = malloc(sizeof(*cycle));
    nsec_t t_ns = 0;
    /* Of a cgroup, or of processes too. */
    unsigned fields = seed % 2 == 0 ? MEMORY_FIELD_MAX : MEMORY_CGROUP_FIELD_MAX;
    for (size_t n = random_below(&random, 60); n > 0; n--) {
        struct memory_sample memory;
        struct load_sample load = {.counts = any_counts(&random), .in_flight = any_value(&random)};
        char text[sizeof(timeline->marks->text)];
        t_ns += (nsec_t)random_below(&random, 3) * 1000000;
        switch (random_below(&random, 4)) {
        case 0:
            any_memory(&random, t_ns, fields, &memory);
            timeline_add_memory(timeline, &memory, NULL);
            break;
        case 1:
            load.t_ns = t_ns;
            load.latency_p50_ns = any_latency(&random);
            load.latency_p99_ns = any_latency(&random);
            timeline_add_load(timeline, &load, NULL);
            break;
        case 2:
            any_name(&random, text, sizeof(text), false);
            timeline_add_mark(timeline, t_ns, (enum mark_kind)random_below(&random, MARK_KIND_MAX_),
                              any_value(&random), text);
            break;
        default:
            any_cycle(&random, t_ns, cycle);
            timeline_add_cycle(timeline, cycle, NULL);
        }
    }
    free(cycle);
    return timeline;
}

static void expect_same_memory(const struct memory_sample *a, const struct memory_sample *b)
{
    ck_assert_int_eq(a->t_ns, b->t_ns);
    ck_assert_uint_eq(a->present, b->present);
    for (unsigned i = 0; i < MEMORY_FIELD_MAX; i++)
        if (memory_sample_has(a, (enum memory_field)i))
            ck_assert_uint_eq(a->value[i], b->value[i]);
}

static void expect_same_groups(const struct survey_group *a, const struct survey_group *b,
                               unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        ck_assert_str_eq(a[i].name, b[i].name);
        ck_assert_uint_eq(a[i].count, b[i].count);
        ck_assert_uint_eq(a[i].bytes, b[i].bytes);
    }
}

static void expect_same_survey(const struct survey *a, const struct survey *b)
{
    ck_assert_int_eq(a->t_ns, b->t_ns);
    expect_same_memory(&a->memory, &b->memory);
    ck_assert_mem_eq(a->value, b->value, sizeof(a->value));
    ck_assert_uint_eq(a->n_sockets, b->n_sockets);
    ck_assert_uint_eq(a->n_files, b->n_files);
    ck_assert_uint_eq(a->n_processes, b->n_processes);
    expect_same_groups(a->sockets, b->sockets, a->n_sockets);
    expect_same_groups(a->files, b->files, a->n_files);
    for (unsigned i = 0; i < a->n_processes; i++) {
        ck_assert_int_eq(a->processes[i].pid, b->processes[i].pid);
        ck_assert_str_eq(a->processes[i].name, b->processes[i].name);
        ck_assert_uint_eq(a->processes[i].anon_bytes, b->processes[i].anon_bytes);
        ck_assert_uint_eq(a->processes[i].threads, b->processes[i].threads);
        ck_assert_uint_eq(a->processes[i].descriptors, b->processes[i].descriptors);
        ck_assert_uint_eq(a->processes[i].shmem_bytes, b->processes[i].shmem_bytes);
    }
}

static void expect_same_cycle(const struct cycle *a, const struct cycle *b)
{
    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_uint_eq(a->start, b->start);
    ck_assert_uint_eq(a->concurrency, b->concurrency);
    ck_assert_uint_eq(a->requests, b->requests);
    ck_assert_mem_eq(&a->counts, &b->counts, sizeof(a->counts));
    ck_assert_int_eq(a->begin_ns, b->begin_ns);
    ck_assert_int_eq(a->load_end_ns, b->load_end_ns);
    ck_assert_int_eq(a->settled_ns, b->settled_ns);
    ck_assert_int_eq(a->floor_ns, b->floor_ns);
    ck_assert_int_eq(a->complete, b->complete);
    ck_assert_int_eq(a->came_to_rest, b->came_to_rest);
    ck_assert_int_eq(a->deadline_hit, b->deadline_hit);
    ck_assert_int_eq(a->reclaimed, b->reclaimed);
    ck_assert_uint_eq(a->peak_bytes, b->peak_bytes);
    ck_assert_uint_eq(a->oom_kills, b->oom_kills);
    ck_assert_uint_eq(a->events_max, b->events_max);
    ck_assert_uint_eq(a->events_high, b->events_high);
    ck_assert_uint_eq(a->psi_full_us, b->psi_full_us);
    ck_assert_int_eq(a->reclaimed_bytes, b->reclaimed_bytes);
    ck_assert_int_eq(a->latency_p50_ns, b->latency_p50_ns);
    ck_assert_int_eq(a->latency_p99_ns, b->latency_p99_ns);
    expect_same_survey(&a->settled, &b->settled);
    expect_same_survey(&a->floor, &b->floor);
}

static void expect_same(const struct timeline *a, const struct timeline *b)
{
    ck_assert_uint_eq(a->n_memory, b->n_memory);
    ck_assert_uint_eq(a->n_load, b->n_load);
    ck_assert_uint_eq(a->n_marks, b->n_marks);
    ck_assert_uint_eq(a->n_cycles, b->n_cycles);
    for (size_t i = 0; i < a->n_memory; i++)
        expect_same_memory(&a->memory[i], &b->memory[i]);
    for (size_t i = 0; i < a->n_load; i++)
        ck_assert_mem_eq(&a->load[i], &b->load[i], sizeof(a->load[i]));
    for (size_t i = 0; i < a->n_marks; i++) {
        ck_assert_int_eq(a->marks[i].t_ns, b->marks[i].t_ns);
        ck_assert_int_eq(a->marks[i].kind, b->marks[i].kind);
        ck_assert_uint_eq(a->marks[i].value, b->marks[i].value);
        ck_assert_str_eq(a->marks[i].text, b->marks[i].text);
    }
    for (size_t i = 0; i < a->n_cycles; i++)
        expect_same_cycle(&a->cycles[i], &b->cycles[i]);
}

START_TEST(a_timeline_comes_back_unchanged)
{
    CLEANUP(timeline_freep) struct timeline *timeline = any_timeline((uint64_t)_i);
    CLEANUP(timeline_freep) struct timeline *again = NULL;
    CLEANUP(buffer_done) struct buffer samples = BUFFER_INIT(TEXT_MAX);
    CLEANUP(buffer_done) struct buffer cycles = BUFFER_INIT(TEXT_MAX);
    CLEANUP(buffer_done) struct buffer repeated = BUFFER_INIT(TEXT_MAX);
    struct error err = {0};
    ck_assert_int_eq(timeline_csv_write(timeline, &samples, &err), 0);
    ck_assert_int_eq(cycles_csv_write(timeline, &cycles, &err), 0);
    CLEANUP(freep) char *written = strdup(buffer_text(&samples));

    ck_assert_int_eq(timeline_new(1000, &again, &err), 0);
    ck_assert_msg(timeline_csv_read("timeline.csv", samples.data, again, &err) == 0, "%s",
                  err.text);
    ck_assert_msg(cycles_csv_read("cycles.csv", cycles.data, again, &err) == 0, "%s", err.text);
    expect_same(timeline, again);
    ck_assert_int_eq(timeline_csv_write(again, &repeated, &err), 0);
    ck_assert_str_eq(buffer_text(&repeated), written);
}
END_TEST

/* The same text without the columns whose name ends so; malloc'd. */
static char *without_columns(const char *text, const char *ending)
{
    CLEANUP(freep) char *copy = strdup(text);
    CLEANUP(freep) struct csv_reader *row = malloc(sizeof(*row));
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(TEXT_MAX);
    bool skip[CSV_FIELDS_MAX] = {false};
    csv_reader_init(row, "x.csv", copy);
    while (csv_reader_next(row, NULL) == 0) {
        for (size_t i = 0; i < row->n_fields; i++) {
            size_t length = strlen(row->fields[i]);
            if (row->line == 1 && length >= strlen(ending))
                skip[i] = strcmp(row->fields[i] + length - strlen(ending), ending) == 0;
            if (!skip[i])
                csv_text(&out, row->fields[i]);
        }
        csv_end_row(&out);
    }
    return strdup(buffer_text(&out));
}

/* Set or not, these fields are not in the file. */
static void forget(struct survey *survey, enum survey_field field)
{
    survey->value[field] = SURVEY_ABSENT;
}

START_TEST(cycles_of_an_older_version_lack_what_it_did_not_know)
{
    CLEANUP(timeline_freep) struct timeline *timeline = any_timeline((uint64_t)_i);
    CLEANUP(timeline_freep) struct timeline *again = NULL;
    CLEANUP(buffer_done) struct buffer cycles = BUFFER_INIT(TEXT_MAX);
    struct error err = {0};
    ck_assert_int_eq(cycles_csv_write(timeline, &cycles, &err), 0);
    CLEANUP(freep) char *no_arena = without_columns(buffer_text(&cycles), "_heap_arena_bytes");
    CLEANUP(freep) char *no_use = without_columns(no_arena, "_heap_in_use_bytes");
    CLEANUP(freep) char *older = without_columns(no_use, "_heap_free_bytes");
    ck_assert_ptr_null(strstr(older, "_heap_free_bytes"));
    ck_assert_ptr_nonnull(strstr(older, ",floor_heap_bytes,floor_mappings_count,"));
    ck_assert_int_eq(timeline_new(1000, &again, &err), 0);
    ck_assert_msg(cycles_csv_read("x.csv", older, again, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(again->n_cycles, timeline->n_cycles);
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        struct cycle *cycle = &timeline->cycles[i];
        for (unsigned field = SURVEY_HEAP_ARENA; field <= SURVEY_HEAP_FREE; field++) {
            forget(&cycle->settled, (enum survey_field)field);
            forget(&cycle->floor, (enum survey_field)field);
        }
        expect_same_cycle(cycle, &again->cycles[i]);
    }
}
END_TEST

/* One row of each sort, to break. */
static void write_small(struct buffer *samples, struct buffer *cycles)
{
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    struct random random = random_from(1);
    struct memory_sample memory;
    struct load_sample load = {.latency_p50_ns = -1, .latency_p99_ns = -1};
    CLEANUP(freep) struct cycle *cycle = calloc(1, sizeof(*cycle));
    timeline_new(10, &timeline, NULL);
    any_memory(&random, 0, MEMORY_CGROUP_FIELD_MAX, &memory);
    timeline_add_memory(timeline, &memory, NULL);
    timeline_add_load(timeline, &load, NULL);
    timeline_add_mark(timeline, 0, MARK_START, 0, "x");
    any_cycle(&random, 0, cycle);
    timeline_add_cycle(timeline, cycle, NULL);
    timeline_csv_write(timeline, samples, NULL);
    cycles_csv_write(timeline, cycles, NULL);
}

/* In `text`, the first `from` becomes `to`; malloc'd. */
static char *broken(const char *text, const char *from, const char *to)
{
    const char *place = strstr(text, from);
    ck_assert_msg(place != NULL, "no %s", from);
    char *copy = malloc(strlen(text) + strlen(to) + 1);
    size_t before = (size_t)(place - text);
    memcpy(copy, text, before);
    strcpy(copy + before, to);
    strcat(copy, place + strlen(from));
    return copy;
}

static const struct {
    bool of_cycles;
    const char *from, *to, *error;
} faults[] = {
    {false, "current_bytes", "bytes_current", "x.csv:1: column 3: found \"bytes_current\""},
    {false, "t_ns,row,", "t_ns,", "x.csv:1: found "},
    {false, "0,mark", "0,remark", "x.csv:2: unknown row \"remark\""},
    {false, "0,mark", "0x,mark", "x.csv:2: column 1: found \"0x\""},
    {false, ",start,0,x", ",begin,0,x", "x.csv:2: unknown mark \"begin\""},
    {false, ",start,0,x", ",start,-1,x", "x.csv:2: column "},
    {false, ",start,0,x", ",start,0", "x.csv:2: found "},
    {false, ",start,0,x", ",start,0,\"x", "x.csv:2: column "},
    {true, "kind,", "", "x.csv:1: column 1: found \"start\", expected \"kind\""},
    {true, "kind,start,", "kind,begin,", "x.csv:1: column 2: found \"begin\""},
    {true, "kind,start,", "kind,", "x.csv:1: column 2: found \"concurrency_count\""},
    {true, "settled_sockets,", "", "x.csv:1: column "},
    {true, ",floor_processes\n", "\n", "x.csv:1: column "},
    {true, ",floor_processes\n", ",floor_processes,floor_more\n", "x.csv:1: found "},
    {true, "settled_heap_bytes,", "settled_head_bytes,", "x.csv:1: column "},
    {true, "settled_heap_bytes,", "", "x.csv:2: found "},
};

START_TEST(a_broken_file_is_an_error_with_file_and_line)
{
    CLEANUP(buffer_done) struct buffer samples = BUFFER_INIT(TEXT_MAX);
    CLEANUP(buffer_done) struct buffer cycles = BUFFER_INIT(TEXT_MAX);
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    struct error err = {0};
    write_small(&samples, &cycles);
    CLEANUP(freep)
    char *text = broken(buffer_text(faults[_i].of_cycles ? &cycles : &samples), faults[_i].from,
                        faults[_i].to);
    timeline_new(10, &timeline, NULL);
    int status = faults[_i].of_cycles ? cycles_csv_read("x.csv", text, timeline, &err)
                                      : timeline_csv_read("x.csv", text, timeline, &err);
    ck_assert_int_eq(status, -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strncmp(err.text, faults[_i].error, strlen(faults[_i].error)) == 0, "%s",
                  err.text);
}
END_TEST

/* Of its sort: a memory sample here. */
START_TEST(a_sample_before_the_one_above_is_the_files_fault)
{
    CLEANUP(buffer_done) struct buffer samples = BUFFER_INIT(TEXT_MAX);
    CLEANUP(buffer_done) struct buffer cycles = BUFFER_INIT(TEXT_MAX);
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    struct error err = {0};
    write_small(&samples, &cycles);
    const char *row = strstr(buffer_text(&samples), ",memory,");
    CLEANUP(freep) char *copy = strndup(row, strcspn(row, "\n"));
    ck_assert_int_eq(buffer_printf(&samples, &err, "-1%s\n", copy), 0);
    timeline_new(10, &timeline, NULL);
    ck_assert_int_eq(timeline_csv_read("x.csv", samples.data, timeline, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_eq(err.text, "x.csv:5: a memory sample at -1 ns follows one at 0 ns");
}
END_TEST

START_TEST(an_empty_file_is_an_error)
{
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    struct error err = {0};
    char text[] = "";
    timeline_new(10, &timeline, NULL);
    ck_assert_int_eq(timeline_csv_read("x.csv", text, timeline, &err), -1);
    ck_assert_str_eq(err.text, "x.csv: is empty");
    ck_assert_int_eq(cycles_csv_read("x.csv", text, timeline, &err), -1);
}
END_TEST

/* Any byte changed, any end cut off: an error or another timeline, but nothing worse. */
START_TEST(no_damage_does_harm)
{
    CLEANUP(buffer_done) struct buffer samples = BUFFER_INIT(TEXT_MAX);
    CLEANUP(buffer_done) struct buffer cycles = BUFFER_INIT(TEXT_MAX);
    write_small(&samples, &cycles);
    struct random random = random_from((uint64_t)_i);
    for (int round = 0; round < 200; round++) {
        bool of_cycles = round % 2 == 0;
        CLEANUP(timeline_freep) struct timeline *timeline = NULL;
        CLEANUP(freep) char *text = strdup(buffer_text(of_cycles ? &cycles : &samples));
        size_t length = strlen(text);
        size_t header = (size_t)(strchr(text, '\n') - text);
        for (size_t changes = random_below(&random, 6); changes > 0; changes--)
            text[header + random_below(&random, length - header)] =
                ";=%,\"\n:-9a\x80"[random_below(&random, 11)];
        if (random_below(&random, 3) == 0)
            text[random_below(&random, length)] = '\0';
        timeline_new(10, &timeline, NULL);
        struct error err = {0};
        int status = of_cycles ? cycles_csv_read("x.csv", text, timeline, &err)
                               : timeline_csv_read("x.csv", text, timeline, &err);
        ck_assert(status == 0 || (status == -1 && strncmp(err.text, "x.csv", 5) == 0) ||
                  strstr(err.text, "follows one at") != NULL);
    }
}
END_TEST

START_TEST(a_percent_sign_at_the_end_of_a_list_is_taken_as_it_stands)
{
    CLEANUP(buffer_done) struct buffer cycles = BUFFER_INIT(TEXT_MAX);
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    struct cycle cycle = {.latency_p50_ns = -1};
    survey_init(&cycle.settled);
    survey_init(&cycle.floor);
    cycle.floor.n_sockets = 1;
    strcpy(cycle.floor.sockets[0].name, "a");
    cycle.floor.sockets[0].count = 7;
    timeline_new(10, &timeline, NULL);
    timeline_add_cycle(timeline, &cycle, NULL);
    cycles_csv_write(timeline, &cycles, NULL);
    static const char *const names[] = {"%", "%4", "%zz", "%4z", "% 5"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        CLEANUP(timeline_freep) struct timeline *again = NULL;
        char item[16];
        snprintf(item, sizeof(item), ",%s=7", names[i]);
        CLEANUP(freep) char *text = broken(buffer_text(&cycles), ",a=7", item);
        timeline_new(10, &again, NULL);
        ck_assert_int_eq(cycles_csv_read("x.csv", text, again, NULL), 0);
        ck_assert_str_eq(again->cycles[0].floor.sockets[0].name, names[i]);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("timeline_csv");
    TCase *c = tcase_create("round trip");
    TCase *broken_files = tcase_create("broken files");
    tcase_add_loop_test(c, a_timeline_comes_back_unchanged, 0, 40);
    tcase_add_loop_test(c, cycles_of_an_older_version_lack_what_it_did_not_know, 0, 10);
    tcase_add_loop_test(broken_files, a_broken_file_is_an_error_with_file_and_line, 0,
                        (int)ARRAY_LENGTH(faults));
    tcase_add_test(broken_files, a_sample_before_the_one_above_is_the_files_fault);
    tcase_add_test(broken_files, an_empty_file_is_an_error);
    tcase_add_loop_test(broken_files, no_damage_does_harm, 0, 5);
    tcase_add_test(broken_files, a_percent_sign_at_the_end_of_a_list_is_taken_as_it_stands);
    suite_add_tcase(s, c);
    suite_add_tcase(s, broken_files);
    return s;
}

CHECK_MAIN(suite);
