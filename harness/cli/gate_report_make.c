#include "cli/gate_report_make.h"

#include <string.h>

#include "base/cleanup.h"

#define NAMES_SAID 4

/* How the sentence says what became of cases, what matters most first. */
static const struct {
    enum gate_case_status status;
    const char *text; /* of one; of several: `several`, when it is another word */
    const char *several;
    bool named;
} gate_words[] = {
    {GATE_CASE_REGRESSED, "regressed", NULL, true},
    {GATE_CASE_FAILED, "failed", NULL, true},
    {GATE_CASE_REFUSED, "refused", NULL, true},
    {GATE_CASE_NEW, "is new", "are new", true},
    {GATE_CASE_UNDECIDED, "undecided", NULL, true},
    {GATE_CASE_UPDATED, "updated", NULL, true},
    {GATE_CASE_KEPT, "kept as it was", "kept as they were", false},
    {GATE_CASE_PASSED, "passed", NULL, false},
    {GATE_CASE_NOT_RUN, "was not run", "were not run", false},
};

/* ": json-tree, clean and 3 others". */
static void gate_report_names(const struct gate *gate, enum gate_case_status status, size_t n,
                              struct buffer *out)
{
    size_t said = 0;
    for (size_t i = 0; i < gate->n_cases && said < NAMES_SAID; i++)
        if (gate->cases[i].status == status)
            (void)buffer_printf(out, NULL, "%s%s", said++ == 0 ? ": " : ", ", gate->cases[i].id);
    if (n > said)
        (void)buffer_printf(out, NULL, " and %zu other%s", n - said, n - said == 1 ? "" : "s");
}

static const char *gate_report_sentence(struct gate *gate)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(65536);
    size_t counts[GATE_CASE_STATUS_MAX_] = {0};
    for (size_t i = 0; i < gate->n_cases; i++)
        counts[gate->cases[i].status]++;
    size_t all = gate->n_cases - counts[GATE_CASE_NOT_RUN];
    bool begun = false;
    for (size_t i = 0; i < ARRAY_LENGTH(gate_words); i++) {
        size_t n = counts[gate_words[i].status];
        if (n == 0)
            continue;
        const char *word =
            n > 1 && gate_words[i].several != NULL ? gate_words[i].several : gate_words[i].text;
        if (begun)
            (void)buffer_printf(&text, NULL, "; %zu %s", n, word);
        else if (n == all || all == 0)
            (void)buffer_printf(&text, NULL, "%s%zu case%s %s", n > 1 ? "all " : "", n,
                                n == 1 ? "" : "s", word);
        else
            (void)buffer_printf(&text, NULL, "%zu of %zu case%s %s", n, all, all == 1 ? "" : "s",
                                word);
        begun = true;
        if (gate_words[i].named)
            gate_report_names(gate, gate_words[i].status, n, &text);
    }
    return arena_strdup(gate->arena, begun ? buffer_text(&text) : "there was nothing to gate");
}

/* "driver vm (6.1.0-22-amd64, tcg, 2 CPUs)", of the first run that says so; NULL: there is none. */
static const char *gate_report_environment(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_cases; i++) {
        const struct gate_runs *runs = &gate->cases[i].runs[GATE_CANDIDATE];
        if (runs->n == 0 || runs->records[0]->driver[0] == '\0')
            continue;
        const struct record *record = runs->records[0];
        return arena_printf(gate->arena, "driver %s (%s%s%s, %u CPU%s)", record->driver,
                            record->kernel, record->accel[0] != '\0' ? ", " : "", record->accel,
                            record->cpus, record->cpus == 1 ? "" : "s");
    }
    return NULL;
}

static const char *gate_report_word(const char *word)
{
    return word[0] != '\0' ? word : NULL;
}

static void gate_report_case(const struct gate_case *of, struct gate_report_case *ret)
{
    const struct gate_runs *now = &of->runs[GATE_CANDIDATE];
    const struct gate_runs *base = &of->runs[GATE_BASE];
    *ret = (struct gate_report_case){
        .id = of->id,
        .scenario = of->key.scenario,
        .variant = gate_report_word(of->key.variant),
        .build = gate_report_word(of->key.build),
        .allocator = gate_report_word(of->key.allocator),
        .file = of->file,
        .line = of->budgets.line,
        .status = of->status,
        .result =
            of->status != GATE_CASE_REFUSED && of->status != GATE_CASE_FAILED ? of->result : NULL,
        .message = of->message,
        .notes = of->notes,
        .n_notes = of->n_notes,
        .records = now->records,
        .results = now->dirs,
        .n_records = now->n,
        .base_records = base->records,
        .base_results = base->dirs,
        .n_base_records = base->n,
    };
}

int gate_report_make(struct gate *gate, struct gate_report *ret, struct error *err)
{
    const struct options *options = gate->options;
    struct gate_report_case *cases = arena_alloc(gate->arena, (gate->n_cases + 1) * sizeof(*cases));
    const char *sentence = gate_report_sentence(gate);
    if (cases == NULL || sentence == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < gate->n_cases; i++)
        gate_report_case(&gate->cases[i], &cases[i]);
    *ret = (struct gate_report){
        .against = options->against != NULL ? options->against : options->baseline,
        .baseline = options->against != NULL ? NULL : options->baseline,
        .environment = gate_report_environment(gate),
        .false_alarm_rate = gate->false_alarm_rate,
        .repeats = gate->repeats,
        .cases = cases,
        .n_cases = gate->n_cases,
        .sentence = sentence,
        .notes = gate->notes,
        .n_notes = gate->n_notes,
    };
    return 0;
}

enum exit_status gate_report_status(const struct gate *gate)
{
    enum exit_status status = EXIT_AS_EXPECTED;
    for (size_t i = 0; i < gate->n_cases; i++)
        status = exit_status_worse(status, gate->cases[i].exit);
    return status;
}
