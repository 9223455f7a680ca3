/* process_space: stacks of other processes, however they were built. */
#include "symbol/process_space.h"

#include <dirent.h>
#include <dwarf.h>
#include <elf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "instrument/thread_capture.h"
#include "symbol/frame_expression.h"
#include "tests/support/check_main.h"
#include "tests/support/resting.h"

#define LOOKS 20000

/* What unwinding needs, of a process. */
struct look {
    struct symbols *symbols;
    struct call_stacks *stacks;
    struct process_space *space;
    struct thread_capture capture;
};

static struct look look_make(pid_t pid)
{
    struct look look = {.symbols = NULL};
    ck_assert_int_eq(symbols_new(&look.symbols, NULL), 0);
    ck_assert_int_eq(call_stacks_new(&look.stacks, NULL), 0);
    ck_assert_int_eq(process_space_new(pid, look.symbols, &look.space, NULL), 0);
    ck_assert_int_eq(thread_capture_init(&look.capture, NULL), 0);
    return look;
}

static void look_done(struct look *look)
{
    thread_capture_done(&look->capture);
    process_space_free(look->space);
    call_stacks_free(look->stacks);
    symbols_free(look->symbols);
}

/* The thread that is not the first one. */
static pid_t second_thread(pid_t pid)
{
    char path[64];
    pid_t found = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    ck_assert_ptr_nonnull(tasks);
    for (const struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) {
        pid_t tid = (pid_t)atoi(entry->d_name);
        if (tid > 0 && tid != pid)
            found = tid;
    }
    closedir(tasks);
    ck_assert_int_gt(found, 0);
    return found;
}

/* It may be on its way to sleep, as after it was stopped. */
static void capture_asleep(struct look *look, pid_t pid, pid_t tid)
{
    int status = 1;
    for (unsigned i = 0; i < 1000 && status == 1; i++) {
        status = thread_capture_asleep(&look->capture, pid, tid, 1 << 15, NULL);
        usleep(1000);
    }
    ck_assert_int_eq(status, 0);
}

/* " a < b < c " of a stack. */
static const char *names(const struct look *look, const struct unwound_stack *stack, char *text,
                         size_t size)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    uint32_t number = 0;
    size_t length = 0;
    ck_assert_int_eq(profile_new(&profile, NULL), 0);
    ck_assert_int_eq(profile_add_type(profile, "threads", "count", NULL), 0);
    ck_assert_int_eq(call_stacks_add(look->stacks, stack->addresses, stack->n, &number, NULL), 0);
    const struct call_sample sample = {.stack = number};
    ck_assert_int_eq(call_stacks_add_sample(look->stacks, look->symbols, profile, &sample,
                                            (const int64_t[]){1}, NULL),
                     0);
    for (uint32_t i = 0; i < profile->samples[0].depth && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, " %s <",
                                   profile->frames[profile->samples[0].frames[i]].function);
    return text;
}

/* Are these in there, one after another? */
static void expect_names(const char *text, const char *const *expected, const char *build)
{
    const char *at = text;
    for (; *expected != NULL; expected++) {
        at = strstr(at, *expected);
        ck_assert_msg(at != NULL, "%s: no %s in %s", build, *expected, text);
        at += strlen(*expected);
    }
}

static const struct {
    const char *build;
    const char *expected[10];
} builds[] = {
    {"plain",
     {"clock_nanosleep <", " rest <", " ask_registry <", " wait_for_answer <", " wait_for_answer <",
      " wait_for_answer <", " wait_asleep <", " thread_main <", NULL}},
    {"fast",
     {"clock_nanosleep <", " rest <", " ask_registry <", " wait_for_answer <", " thread_main <",
      NULL}},
    {"fixed",
     {"clock_nanosleep <", " rest <", " ask_registry <", " wait_for_answer <", " thread_main <",
      NULL}},
    {"static",
     {"clock_nanosleep <", " rest <", " ask_registry <", " wait_for_answer <", " thread_main <",
      NULL}},
    {"linked",
     {"clock_nanosleep <", " rest <", " ask_registry <", " wait_for_answer <", " thread_main <",
      NULL}},
    {"nolines", {"clock_nanosleep <", " wait_for_answer <", " thread_main <", NULL}},
    {"stripped", {"clock_nanosleep <", " threads_at_rest_stripped+0x", NULL}},
    {"pointers",
     {"clock_nanosleep <", " rest <", " ask_registry <", " wait_for_answer <", " thread_main <",
      NULL}},
};

START_TEST(stacks_are_whole_in_every_build)
{
    char program[400];
    char text[4096];
    struct unwound_stack stack = {.n = 0};
    snprintf(program, sizeof(program), RESTING_PROGRAMS "%s", builds[_i].build);
    CLEANUP(resting_done) struct resting resting = resting_start(program, "sleep", 1);
    CLEANUP(look_done) struct look look = look_make(resting.process.pid);
    pid_t tid = second_thread(resting.process.pid);
    ck_assert_int_eq(thread_capture_stopped(&look.capture, tid, NULL), 0);
    ck_assert_int_eq(process_space_unwind(look.space, &look.capture.dump, &stack, NULL), 0);
    expect_names(names(&look, &stack, text, sizeof(text)), builds[_i].expected, builds[_i].build);
    /* Code without rules ends where the frame pointer does. */
    ck_assert_msg(!stack.is_cut, "%s: %s", builds[_i].build, text);
}
END_TEST

START_TEST(sleeping_threads_need_not_be_touched)
{
    char program[400];
    char text[4096];
    char before[4096];
    struct unwound_stack stack = {.n = 0};
    struct unwound_stack whole = {.n = 0};
    snprintf(program, sizeof(program), RESTING_PROGRAMS "%s", builds[_i].build);
    CLEANUP(resting_done) struct resting resting = resting_start(program, "sleep", 1);
    CLEANUP(look_done) struct look look = look_make(resting.process.pid);
    pid_t pid = resting.process.pid;
    pid_t tid = second_thread(pid);
    capture_asleep(&look, pid, tid);
    ck_assert_int_eq(process_space_unwind(look.space, &look.capture.dump, &stack, NULL), 0);
    if (stack.is_cut) {
        /* It needs a register. Once it was seen with all of them, it is known without. */
        ck_assert_int_eq(thread_capture_stopped(&look.capture, tid, NULL), 0);
        ck_assert_int_eq(process_space_unwind(look.space, &look.capture.dump, &whole, NULL), 0);
        names(&look, &whole, before, sizeof(before));
        capture_asleep(&look, pid, tid);
        ck_assert_int_eq(process_space_unwind(look.space, &look.capture.dump, &stack, NULL), 0);
        ck_assert_str_eq(names(&look, &stack, text, sizeof(text)), before);
    }
    ck_assert(!stack.is_cut);
    expect_names(names(&look, &stack, text, sizeof(text)), builds[_i].expected, builds[_i].build);
}
END_TEST

START_TEST(signals_are_part_of_the_stack)
{
    static const char *const expected[] = {"pause <", " on_signal <", " be_interrupted <",
                                           " thread_main <", NULL};
    static const char *const restored[] = {" on_signal <", " __restore_rt <", NULL};
    static const char *const programs[] = {"plain", "fast", "static"};
    for (size_t i = 0; i < ARRAY_LENGTH(programs); i++) {
        char program[400];
        char text[4096];
        struct unwound_stack stack = {.n = 0};
        snprintf(program, sizeof(program), RESTING_PROGRAMS "%s", programs[i]);
        CLEANUP(resting_done) struct resting resting = resting_start(program, "signal", 1);
        CLEANUP(look_done) struct look look = look_make(resting.process.pid);
        pid_t tid = second_thread(resting.process.pid);
        ck_assert_int_eq(thread_capture_stopped(&look.capture, tid, NULL), 0);
        ck_assert_int_eq(process_space_unwind(look.space, &look.capture.dump, &stack, NULL), 0);
        expect_names(names(&look, &stack, text, sizeof(text)), expected, programs[i]);
        if (strcmp(programs[i], "static") == 0) /* libc's own symbols are in there */
            expect_names(text, restored, programs[i]);
        ck_assert(!stack.is_cut);
    }
}
END_TEST

START_TEST(threads_that_run_are_stopped)
{
    static const char *const expected[] = {" spin <", " thread_main <", NULL};
    char text[4096];
    struct unwound_stack stack = {.n = 0};
    CLEANUP(resting_done)
    struct resting resting = resting_start(RESTING_PROGRAMS "fast", "spin", 1);
    CLEANUP(look_done) struct look look = look_make(resting.process.pid);
    pid_t tid = second_thread(resting.process.pid);
    ck_assert_int_eq(thread_capture_asleep(&look.capture, resting.process.pid, tid, 1 << 15, NULL),
                     1);
    ck_assert_int_eq(thread_capture_stopped(&look.capture, tid, NULL), 0);
    ck_assert_int_eq(process_space_unwind(look.space, &look.capture.dump, &stack, NULL), 0);
    expect_names(names(&look, &stack, text, sizeof(text)), expected, "fast");
    ck_assert(!stack.is_cut);
}
END_TEST

START_TEST(a_copy_that_ends_cuts_the_stack)
{
    struct unwound_stack stack = {.n = 0};
    struct unwound_stack part = {.n = 0};
    CLEANUP(resting_done)
    struct resting resting = resting_start(RESTING_PROGRAMS "fast", "sleep", 1);
    CLEANUP(look_done) struct look look = look_make(resting.process.pid);
    pid_t tid = second_thread(resting.process.pid);
    ck_assert_int_eq(thread_capture_stopped(&look.capture, tid, NULL), 0);
    ck_assert_int_eq(process_space_unwind(look.space, &look.capture.dump, &stack, NULL), 0);
    for (size_t length = 0; length < 400; length += 8) {
        look.capture.dump.length = length;
        ck_assert_int_eq(process_space_unwind(look.space, &look.capture.dump, &part, NULL), 0);
        ck_assert(part.is_cut);
        ck_assert_uint_ge(part.n, 1);
        ck_assert_uint_lt(part.n, stack.n);
        for (unsigned i = 0; i < part.n; i++)
            ck_assert_uint_eq(part.addresses[i].address, stack.addresses[i].address);
    }
}
END_TEST

/* The stack of this process with that ip and nothing but a return address on it. */
static struct unwound_stack unwind_here(uint64_t ip, uint64_t return_address)
{
    struct unwound_stack stack = {.n = 0};
    const uint64_t words[] = {return_address, 0, 0, 0};
    const struct stack_dump dump = {
        .ip = ip, .sp = 0x7f0000001000, .bytes = words, .length = sizeof(words)};
    CLEANUP(look_done) struct look look = look_make(getpid());
    ck_assert_int_eq(process_space_unwind(look.space, &dump, &stack, NULL), 0);
    return stack;
}

START_TEST(code_written_by_hand_has_callers_all_the_same)
{
    uintptr_t clone_at = 0;
    uintptr_t here = 0;
    const unsigned char *code = NULL;
    int (*call)(int (*)(void *), void *, int, void *, ...) = clone;
    int (*caller)(const char *, const char *) = resting_line;
    memcpy(&clone_at, &call, sizeof(call));
    memcpy(&here, &caller, sizeof(caller));
    memcpy(&code, &clone_at, sizeof(code));
    unsigned at = 0;
    while (at < 200 && memcmp(code + at, "\x0f\x05", 2) != 0)
        at++;
    ck_assert_uint_lt(at, 200);
    struct unwound_stack stack = unwind_here(clone_at + at + 2, here + 1);
    ck_assert_uint_ge(stack.n, 2);
    ck_assert_uint_ne(stack.addresses[1].file, 0);
    ck_assert_uint_ne(stack.addresses[1].file, stack.addresses[0].file);

    /* A call through a pointer that is NULL, or leads to no code. */
    stack = unwind_here(0, here + 1);
    ck_assert_uint_ge(stack.n, 2);
    ck_assert_uint_ne(stack.addresses[1].file, 0);
}
END_TEST

START_TEST(where_a_program_begins_a_stack_ends)
{
    const Elf64_Ehdr *loader = NULL;
    uintptr_t base = getauxval(AT_BASE);
    memcpy(&loader, &base, sizeof(base));
    ck_assert_ptr_nonnull(loader);
    ck_assert(!unwind_here(base + loader->e_entry + 8, 1).is_cut);
    ck_assert(!unwind_here(getauxval(AT_ENTRY), 1).is_cut);
}
END_TEST

START_TEST(garbage_ends_somewhere)
{
    struct unwound_stack stack = {.n = 0};
    CLEANUP(resting_done)
    struct resting resting = resting_start(RESTING_PROGRAMS "fast", "sleep", 1);
    CLEANUP(look_done) struct look look = look_make(resting.process.pid);
    pid_t tid = second_thread(resting.process.pid);
    ck_assert_int_eq(thread_capture_stopped(&look.capture, tid, NULL), 0);
    const struct stack_dump dump = look.capture.dump;
    srandom(7);
    for (unsigned round = 0; round < 20000; round++) {
        struct stack_dump torn = dump;
        for (unsigned i = 0; i < 16; i++)
            torn.registers[i] = random() % 4 == 0 ? dump.sp + (uint64_t)(random() % 4096)
                                                  : dump.registers[i] + (uint64_t)(random() % 64);
        look.capture.stack[random() % 1024] = (unsigned char)random();
        torn.ip = dump.ip + (uint64_t)(random() % 100000) - 50000;
        torn.sp += (uint64_t)(random() % 64) * 8;
        torn.valid = (uint64_t)random() & dump.valid;
        ck_assert_int_eq(process_space_unwind(look.space, &torn, &stack, NULL), 0);
        ck_assert_uint_ge(stack.n, 1);
        ck_assert_uint_le(stack.n, CALL_STACKS_DEPTH_MAX);
    }
}
END_TEST

START_TEST(a_forked_child_has_what_its_parent_had)
{
    struct unwound_stack stack = {.n = 0};
    struct unwound_stack again = {.n = 0};
    struct process_space *child = NULL;
    CLEANUP(resting_done)
    struct resting resting = resting_start(RESTING_PROGRAMS "fixed", "sleep", 1);
    CLEANUP(look_done) struct look look = look_make(resting.process.pid);
    ck_assert_int_eq(
        thread_capture_stopped(&look.capture, second_thread(resting.process.pid), NULL), 0);
    ck_assert_int_eq(process_space_unwind(look.space, &look.capture.dump, &stack, NULL), 0);
    ck_assert_int_eq(process_space_fork(look.space, 1, &child, NULL), 0);
    ck_assert_int_eq(process_space_unwind(child, &look.capture.dump, &again, NULL), 0);
    ck_assert_uint_eq(again.n, stack.n);
    ck_assert_mem_eq(again.addresses, stack.addresses, stack.n * sizeof(*stack.addresses));
    process_space_free(child);
}
END_TEST

START_TEST(a_process_that_is_gone_is_told)
{
    struct process_space *space = NULL;
    struct symbols *symbols = NULL;
    ck_assert_int_eq(symbols_new(&symbols, NULL), 0);
    struct resting resting = resting_start(RESTING_PROGRAMS "fast", "sleep", 1);
    pid_t pid = resting.process.pid;
    CLEANUP(look_done) struct look look = look_make(pid);
    resting_done(&resting);
    ck_assert_int_eq(process_space_new(pid, symbols, &space, NULL), 1);
    ck_assert_int_eq(process_space_refresh(look.space, NULL), 1);
    ck_assert_int_eq(thread_capture_asleep(&look.capture, pid, pid, 4096, NULL), 2);
    ck_assert_int_eq(thread_capture_stopped(&look.capture, pid, NULL), 2);
    symbols_free(symbols);
}
END_TEST

START_TEST(stacks_that_are_seen_again_cost_little)
{
    struct unwound_stack stack = {.n = 0};
    uint32_t number = 0;
    CLEANUP(resting_done)
    struct resting resting = resting_start(RESTING_PROGRAMS "fast", "sleep", 1);
    CLEANUP(look_done) struct look look = look_make(resting.process.pid);
    ck_assert_int_eq(
        thread_capture_stopped(&look.capture, second_thread(resting.process.pid), NULL), 0);
    ck_assert_int_eq(process_space_unwind(look.space, &look.capture.dump, &stack, NULL), 0);
    nsec_t begin_ns = clock_now_ns();
    for (unsigned i = 0; i < LOOKS; i++)
        process_space_unwind(look.space, &look.capture.dump, &stack, NULL);
    nsec_t unwound_ns = clock_now_ns();
    for (unsigned i = 0; i < LOOKS; i++)
        call_stacks_add(look.stacks, stack.addresses, stack.n, &number, NULL);
    nsec_t end_ns = clock_now_ns();
    fprintf(stderr, "a stack of %u: unwound in %.0f ns, numbered in %.0f ns\n", stack.n,
            (double)(unwound_ns - begin_ns) / LOOKS, (double)(end_ns - unwound_ns) / LOOKS);
    ck_assert_int_lt(unwound_ns - begin_ns, (nsec_t)LOOKS * NSEC_PER_MSEC);
}
END_TEST

START_TEST(expressions_come_to_what_they_say)
{
    unsigned char bytes[32] = {0x78, 0x56, 0x34, 0x12, [8] = 9, [16] = 1};
    const struct frame_memory memory = {.bytes = bytes, .begin = 0x1000, .length = sizeof(bytes)};
    struct frame_state state = {.valid = (uint64_t)1 << 7};
    uint64_t result = 0;
    state.registers[7] = 0x1000;
    /* As procedure linkage tables have it: sp + 8 + ((ip & 15) >= 11) * 8, with sp for ip. */
    const Dwarf_Op linkage[] = {
        {DW_OP_breg7, 8, 0, 0}, {DW_OP_breg7, 0, 0, 2}, {DW_OP_lit15, 0, 0, 4},
        {DW_OP_and, 0, 0, 5},   {DW_OP_lit11, 0, 0, 6}, {DW_OP_ge, 0, 0, 7},
        {DW_OP_lit3, 0, 0, 8},  {DW_OP_shl, 0, 0, 9},   {DW_OP_plus, 0, 0, 10},
    };
    struct frame_expression expression = {.operations = linkage, .n = ARRAY_LENGTH(linkage)};
    ck_assert_int_eq(frame_expression_result(&expression, &memory, &state, &result),
                     FRAME_STEP_DONE);
    ck_assert_uint_eq(result, 0x1008);
    state.registers[7] = 0x100b;
    frame_expression_result(&expression, &memory, &state, &result);
    ck_assert_uint_eq(result, 0x101b);

    state.registers[7] = 0x1000;
    const Dwarf_Op read[] = {{DW_OP_breg7, 0, 0, 0}, {DW_OP_deref_size, 4, 0, 2}};
    expression = (struct frame_expression){.operations = read, .n = 2};
    ck_assert_int_eq(frame_expression_result(&expression, &memory, &state, &result),
                     FRAME_STEP_DONE);
    ck_assert_uint_eq(result, 0x12345678);
    state.registers[7] = 0x101d;
    ck_assert_int_eq(frame_expression_result(&expression, &memory, &state, &result),
                     FRAME_STEP_NO_MEMORY);
    state.valid = 0;
    ck_assert_int_eq(frame_expression_result(&expression, &memory, &state, &result),
                     FRAME_STEP_NO_VALUE);

    /* A jump back to itself ends, and so does taking from nothing. */
    const Dwarf_Op loop[] = {{DW_OP_skip, (Dwarf_Word)-3, 0, 0}};
    expression = (struct frame_expression){.operations = loop, .n = 1};
    ck_assert_int_eq(frame_expression_result(&expression, &memory, &state, &result),
                     FRAME_STEP_NO_RULE);
    const Dwarf_Op nothing[] = {{DW_OP_plus, 0, 0, 0}};
    expression = (struct frame_expression){.operations = nothing, .n = 1};
    ck_assert_int_eq(frame_expression_result(&expression, &memory, &state, &result),
                     FRAME_STEP_NO_RULE);
}
END_TEST

static Suite *process_space_suite(void)
{
    Suite *suite = suite_create("process_space");
    TCase *tests = tcase_create("process_space");
    tcase_add_loop_test(tests, stacks_are_whole_in_every_build, 0, ARRAY_LENGTH(builds));
    tcase_add_loop_test(tests, sleeping_threads_need_not_be_touched, 0, ARRAY_LENGTH(builds));
    tcase_add_test(tests, signals_are_part_of_the_stack);
    tcase_add_test(tests, threads_that_run_are_stopped);
    tcase_add_test(tests, a_copy_that_ends_cuts_the_stack);
    tcase_add_test(tests, code_written_by_hand_has_callers_all_the_same);
    tcase_add_test(tests, where_a_program_begins_a_stack_ends);
    tcase_add_test(tests, garbage_ends_somewhere);
    tcase_add_test(tests, a_forked_child_has_what_its_parent_had);
    tcase_add_test(tests, a_process_that_is_gone_is_told);
    tcase_add_test(tests, stacks_that_are_seen_again_cost_little);
    tcase_add_test(tests, expressions_come_to_what_they_say);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(process_space_suite);
