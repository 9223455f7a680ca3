#include "gate/gate_report_make.h"

#include <string.h>

#include "base/cleanup.h"

#define NAMES_SAID 4

/* How the sentence says what became of cases, what matters most first. */
static const struct {
    const char *text;    /* of one */
    const char *several; /* of several; NULL: the same */
    enum gate_case_status status;
    bool named;
} gate_words[] = {
    {"regressed", NULL, GATE_CASE_REGRESSED, true},
    {"failed", NULL, GATE_CASE_FAILED, true},
    {"refused", NULL, GATE_CASE_REFUSED, true},
    {"is new", "are new", GATE_CASE_NEW, true},
    {"undecided", NULL, GATE_CASE_UNDECIDED, true},
    {"updated", NULL, GATE_CASE_UPDATED, true},
    {"kept as it was", "kept as they were", GATE_CASE_KEPT, false},
    {"passed", NULL, GATE_CASE_PASSED, false},
    {"was not run", "were not run", GATE_CASE_NOT_RUN, false},
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

/* What became of `n` of `all` cases: the first of these says how many there are. */
static void gate_report_clause(const struct gate *gate, size_t word, size_t n, size_t all,
                               struct buffer *out)
{
    bool several = n > 1 && gate_words[word].several != NULL;
    const char *text = several ? gate_words[word].several : gate_words[word].text;
    if (out->length > 0)
        (void)buffer_printf(out, NULL, "; %zu %s", n, text);
    else if (n == all || all == 0)
        (void)buffer_printf(out, NULL, "%s%zu case%s %s", n > 1 ? "all " : "", n, n == 1 ? "" : "s",
                            text);
    else
        (void)buffer_printf(out, NULL, "%zu of %zu case%s %s", n, all, all == 1 ? "" : "s", text);
    if (gate_words[word].named)
        gate_report_names(gate, gate_words[word].status, n, out);
}

static const char *gate_report_sentence(struct gate *gate)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(65536);
    size_t counts[GATE_CASE_STATUS_MAX_] = {0};
    for (size_t i = 0; i < gate->n_cases; i++)
        counts[gate->cases[i].status]++;
    size_t all = gate->n_cases - counts[GATE_CASE_NOT_RUN];
    for (size_t i = 0; i < ARRAY_LENGTH(gate_words); i++)
        if (counts[gate_words[i].status] > 0)
            gate_report_clause(gate, i, counts[gate_words[i].status], all, &text);
    return arena_strdup(gate->arena,
                        text.length > 0 ? buffer_text(&text) : "there was nothing to gate");
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
