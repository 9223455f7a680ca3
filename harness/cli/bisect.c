#include "cli/bisect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/units.h"
#include "cli/build.h"
#include "cli/run_session.h"

#define BISECT_OPTION      "--bisect"
#define BISECT_OPTION_MIN  4 /* "--bi": getopt takes what is no other option's beginning */
#define BISECT_TEXT_MAX    1024
#define BISECT_BUILD_LOG   "build.log"
#define BISECT_VERDICT_MAX 400

bool bisect_is_asked(int argc, const char *const *argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        size_t length = strlen(argv[i]);
        if (length >= BISECT_OPTION_MIN && strncmp(BISECT_OPTION, argv[i], length) == 0)
            return true;
    }
    return false;
}

int bisect_check_options(const struct options *options, struct error *err)
{
    if (options->bisect && options->command != COMMAND_RUN)
        return error_set(err, ERROR_USAGE,
                         "--bisect: found with another command, expected `leakcage run --bisect`");
    if (options->bisect && options->shard != NULL)
        return error_set(err, ERROR_USAGE,
                         "--bisect: found beside --shard, expected all runs: they decide together");
    if (!options->bisect && options->command == COMMAND_RUN && options->build_command != NULL)
        return error_set(err, ERROR_USAGE,
                         "--build: found without --bisect, expected beside it, or with `leakcage "
                         "compare --rev`");
    return 0;
}

int bisect_status_of(enum exit_status status)
{
    switch (status) {
    case EXIT_AS_EXPECTED:
        return BISECT_GOOD;
    case EXIT_OTHER_VERDICT:
        return BISECT_BAD;
    case EXIT_SERVICE:
    case EXIT_INCONCLUSIVE:
        return BISECT_SKIP;
    case EXIT_INTERRUPTED:
        return EXIT_INTERRUPTED;
    case EXIT_USAGE:
    case EXIT_ENVIRONMENT:
        break;
    }
    return BISECT_STOP + (int)status;
}

int bisect_status_of_error(const struct error *err)
{
    if (err->kind == ERROR_USAGE && err->errno_value == ENOENT)
        return BISECT_SKIP;
    return bisect_status_of(exit_status_of_error(err->kind));
}

/* What an error says before it shows the end of a log: "exit status 3; its last lines:". */
static void bisect_first_line(const char *error, char *text, size_t size)
{
    size_t length = strcspn(error, "\n");
    snprintf(text, size, "%.*s", (int)length, error);
    char *announced = error[length] == '\n' ? strrchr(text, ';') : NULL;
    if (announced != NULL)
        *announced = '\0';
}

/* "leak, +1.0 KiB per request, expected clean"; or why there is no verdict. */
static void bisect_describe(const struct record *record, char *text, size_t size)
{
    char growth[UNITS_TEXT_MAX];
    char grows[UNITS_TEXT_MAX + 32] = "";
    char expected[100];
    const struct verdict *verdict = &record->verdict;
    if (record->outcome == OUTCOME_ERROR) {
        bisect_first_line(record->error.text, text, size);
        return;
    }
    if (record->outcome == OUTCOME_UNDECIDED) {
        snprintf(text, size, "inconclusive: %s", verdict->reason);
        return;
    }
    if (verdict->kind == VERDICT_LEAK && verdict->has_time_rate)
        snprintf(grows, sizeof(grows), ", +%s per second",
                 units_format_bytes(verdict->bytes_per_s, growth));
    else if (verdict->kind == VERDICT_LEAK && verdict->growth.present)
        snprintf(grows, sizeof(grows), ", +%s per request",
                 units_format_bytes(verdict->growth.estimate, growth));
    record_expectation_text(record, expected, sizeof(expected));
    bool other = record->outcome == OUTCOME_FAIL && expected[0] != '\0';
    snprintf(text, size, "%s%s%s%s", verdict_kind_name(verdict->kind), grows,
             other ? ", expected " : "", other ? expected : "");
}

/* Several runs of the same: "3 runs do not agree: leak, leak, clean". */
static void bisect_describe_quarrel(const struct record *const *records, size_t n_records,
                                    size_t first, size_t step, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%zu runs do not agree:", n_records / step);
    for (size_t i = first; i < n_records && used < size; i += step)
        used += (size_t)snprintf(text + used, size - used, "%s %s", i > first ? "," : "",
                                 records[i]->outcome == OUTCOME_ERROR
                                     ? "failed"
                                     : verdict_kind_name(records[i]->verdict.kind));
}

/* One run and its repeats: what broke counts as it is, what differs decides nothing. */
static enum exit_status bisect_judge_one(const struct record *const *records, size_t n_records,
                                         size_t first, size_t step, char *text, size_t size)
{
    enum exit_status status = exit_status_of_record(records[first]);
    size_t worst = first;
    bool agree = true;
    for (size_t i = first + step; i < n_records; i += step) {
        enum exit_status other = exit_status_of_record(records[i]);
        agree = agree && other == status;
        if (exit_status_worse(other, status) != status) {
            status = other;
            worst = i;
        }
    }
    bool stops = bisect_status_of(status) >= BISECT_STOP;
    if (agree || stops) {
        bisect_describe(records[worst], text, size);
        size_t length = strlen(text);
        if (agree && n_records > step)
            snprintf(text + length, size - length, "; %zu runs agree", n_records / step);
        return status;
    }
    bisect_describe_quarrel(records, n_records, first, step, text, size);
    return EXIT_INCONCLUSIVE;
}

static const char *bisect_word(int status)
{
    return status == BISECT_GOOD   ? "good"
           : status == BISECT_BAD  ? "bad"
           : status == BISECT_SKIP ? "skip"
                                   : "stop";
}

int bisect_judge(const struct record *const *records, size_t n_records, size_t n_runs, char *text,
                 size_t size)
{
    enum exit_status worst = EXIT_AS_EXPECTED;
    char why[BISECT_TEXT_MAX - 16] = "";
    if (n_runs == 0 || n_records < n_runs || n_records % n_runs != 0) {
        snprintf(text, size, "skip (not all runs were done)");
        return BISECT_SKIP;
    }
    for (size_t i = 0; i < n_runs; i++) {
        char one[BISECT_VERDICT_MAX];
        enum exit_status status = bisect_judge_one(records, n_records, i, n_runs, one, sizeof(one));
        if (i > 0 && exit_status_worse(status, worst) == worst)
            continue;
        worst = status;
        snprintf(why, sizeof(why), "%s%s%s", n_runs > 1 ? records[i]->id : "",
                 n_runs > 1 ? ": " : "", one);
    }
    int status = bisect_status_of(worst);
    snprintf(text, size, "%s (%s)", bisect_word(status), why);
    return status;
}

static void bisect_say(const struct options *options, const char *text)
{
    fprintf(options->json ? stderr : stdout, "bisect: %s\n", text);
    fflush(stdout);
}

int bisect_build(const struct options *options, struct console *console, int *ret,
                 struct error *err)
{
    char why[BUILD_WHY_MAX];
    char text[BUILD_WHY_MAX + 16];
    if (options->build_command == NULL)
        return 0;
    if (run_session_check_output(options->output_dir, err) < 0)
        return -1;
    CLEANUP(freep) char *log_path = file_join(options->output_dir, BISECT_BUILD_LOG);
    if (log_path == NULL)
        return error_out_of_memory(err);
    const struct build_spec build = {.command = options->build_command, .log_path = log_path};
    console_say(console, "building: %s (%s)", options->build_command, log_path);
    int status = build_run(&build, why, err);
    if (status <= 0)
        return status;
    size_t first = strcspn(why, "\n");
    if (why[first] != '\0')
        fprintf(stderr, "%s\n", why + first + 1);
    snprintf(text, sizeof(text), "skip (%.*s)", (int)first, why);
    bisect_say(options, text);
    *ret = BISECT_SKIP;
    return 1;
}

int bisect_end(const struct options *options, const struct console *console, size_t n_runs)
{
    char text[BISECT_TEXT_MAX];
    const struct record *const *records = (const struct record *const *)console->records;
    if (interrupt_count() > 0) {
        bisect_say(options, "stop (interrupted)");
        return EXIT_INTERRUPTED;
    }
    int status = bisect_judge(records, console->n_records, n_runs, text, sizeof(text));
    bisect_say(options, text);
    return status;
}

int bisect_end_of_error(const struct options *options, const struct error *err)
{
    char text[BISECT_TEXT_MAX];
    int status = bisect_status_of_error(err);
    snprintf(text, sizeof(text), "%s (%.*s)", bisect_word(status), (int)strcspn(err->text, "\n"),
             err->text);
    bisect_say(options, text);
    return status;
}
