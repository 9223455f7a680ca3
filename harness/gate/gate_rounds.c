#include "gate/gate_rounds.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "cli/run_session.h"
#include "gate/gate_baseline.h"
#include "gate/gate_decide.h"

/* What the rounds of one gate have in common. */
struct gate_rounds {
    struct gate *gate;
    struct run_session session;
    bool prepared;
    unsigned done;  /* repeats that have been planned */
    unsigned group; /* the last that there was */
};

static int gate_rounds_append(struct gate_rounds *rounds, size_t index, enum gate_side_of side,
                              struct error *err)
{
    struct gate *gate = rounds->gate;
    struct plan *plan = gate->plan;
    struct run_spec run = gate->templates->runs[gate->cases[index].template[side]];
    run.group = rounds->group;
    run.repeat = 0;
    struct gate_slot *slots = reallocarray(gate->slots, plan->n_runs + 1, sizeof(*slots));
    if (slots == NULL)
        return error_out_of_memory(err);
    gate->slots = slots;
    slots[plan->n_runs] = (struct gate_slot){.of = index, .side = side};
    return plan_append(plan, &run, err);
}

/* Does this case take part in the round? */
static bool gate_rounds_wants(const struct gate_case *of, bool suspects)
{
    if (of->settled)
        return false;
    return !suspects || (of->result != NULL && of->result->suspect);
}

/* One repeat of each case into the plan; who begins goes round, and so does which side. */
static int gate_rounds_plan_repeat(struct gate_rounds *rounds, bool suspects, struct error *err)
{
    struct gate *gate = rounds->gate;
    bool against = gate->options->against != NULL;
    for (size_t i = 0; i < gate->n_cases; i++) {
        size_t index = (i + rounds->done) % gate->n_cases;
        bool base_first = rounds->done % 2 == 0;
        if (!gate_rounds_wants(&gate->cases[index], suspects))
            continue;
        if (against)
            rounds->group++;
        if (against && base_first && gate_rounds_append(rounds, index, GATE_BASE, err) < 0)
            return -1;
        if (gate_rounds_append(rounds, index, GATE_CANDIDATE, err) < 0)
            return -1;
        if (against && !base_first && gate_rounds_append(rounds, index, GATE_BASE, err) < 0)
            return -1;
    }
    rounds->done++;
    return 0;
}

/* The runs that each case has now. */
static int gate_rounds_collect(struct gate *gate, struct error *err)
{
    const struct console *console = &gate->console;
    for (size_t i = 0; i < gate->n_cases; i++)
        for (enum gate_side_of side = 0; side < GATE_SIDES; side++)
            gate->cases[i].runs[side].n = gate->cases[i].runs[side].more = 0;
    for (size_t i = 0, k = 0; i < gate->plan->n_runs && k < console->n_records; i++) {
        const struct record *record = console->records[k];
        if (strcmp(gate->plan->runs[i].id, record->id) != 0)
            continue;
        k++;
        if (record->error.kind == ERROR_INTERRUPTED)
            continue;
        const char *dir = arena_printf(gate->arena, "%s/%s", gate->options->output_dir, record->id);
        if (dir == NULL)
            return error_out_of_memory(err);
        gate_runs_add(&gate->cases[gate->slots[i].of].runs[gate->slots[i].side], record, dir);
    }
    return 0;
}

/* How many runs there will be, as far as is known. */
static size_t gate_rounds_expected(const struct gate_rounds *rounds, size_t planned)
{
    const struct gate *gate = rounds->gate;
    unsigned later = rounds->done < gate->repeats ? gate->repeats - rounds->done : 0;
    return gate->console.n_records + planned + later * planned;
}

/* So many repeats more, in one session. */
static int gate_rounds_more(struct gate_rounds *rounds, unsigned repeats, bool suspects,
                            struct error *err)
{
    struct gate *gate = rounds->gate;
    size_t first = gate->plan->n_runs;
    for (unsigned i = 0; i < repeats; i++)
        if (gate_rounds_plan_repeat(rounds, suspects, err) < 0)
            return -1;
    struct plan part = {
        .runs = gate->plan->runs + first,
        .n_runs = gate->plan->n_runs - first,
        .arena = gate->plan->arena,
    };
    if (part.n_runs == 0)
        return 0;
    rounds->session.plan = &part;
    if (rounds->prepared)
        run_session_continue(&rounds->session);
    else if (run_session_prepare(&rounds->session, &gate->places, err) < 0)
        return -1;
    rounds->prepared = true;
    gate->console.n_planned = gate_rounds_expected(rounds, part.n_runs);
    int status = run_session_run(&rounds->session, err);
    console_sort(&gate->console, gate->plan);
    /* What there is of a session that failed is said all the same. */
    if (gate_rounds_collect(gate, status < 0 ? NULL : err) < 0)
        return -1;
    return status;
}

/* After the first repeat: what need not be run again. */
static void gate_rounds_check_first(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_cases; i++) {
        struct gate_case *of = &gate->cases[i];
        if (of->settled || of->runs[GATE_CANDIDATE].n == 0 ||
            gate_decide_failed(gate, of, GATE_CANDIDATE) || gate_decide_failed(gate, of, GATE_BASE))
            continue;
        (void)gate_baseline_check(gate, of, of->runs[GATE_CANDIDATE].records[0]);
    }
}

/* Run those that are suspect as often again. */
static int gate_rounds_confirm(struct gate_rounds *rounds, struct error *err)
{
    struct gate *gate = rounds->gate;
    unsigned more = GATE_RUNS_MAX - gate->repeats;
    size_t n = 0;
    more = more < gate->repeats ? more : gate->repeats;
    for (size_t i = 0; more > 0 && i < gate->n_cases; i++) {
        struct gate_case *of = &gate->cases[i];
        of->confirmed = gate_rounds_wants(of, true);
        n += of->confirmed;
    }
    if (n == 0)
        return 0;
    console_say(&gate->console, "%zu case%s suspect: %u more repeat%s to be sure", n,
                n == 1 ? " is" : "s are", more, more == 1 ? "" : "s");
    if (gate_rounds_more(rounds, more, true, err) < 0)
        return -1;
    return interrupt_count() > 0 ? 0 : gate_decide_open(gate, err);
}

static int gate_rounds_all(struct gate_rounds *rounds, struct error *err)
{
    struct gate *gate = rounds->gate;
    if (gate_rounds_more(rounds, 1, false, err) < 0)
        return -1;
    gate_rounds_check_first(gate);
    if (interrupt_count() > 0)
        return 0;
    if (gate_rounds_more(rounds, gate->repeats - 1, false, err) < 0)
        return -1;
    if (interrupt_count() > 0)
        return 0;
    if (gate_decide_open(gate, err) < 0)
        return -1;
    return gate->options->update ? 0 : gate_rounds_confirm(rounds, err);
}

int gate_rounds_run(struct gate *gate, struct error *err)
{
    struct gate_rounds rounds = {
        .gate = gate,
        .session = {.options = gate->options,
                    .console = &gate->console,
                    .progress = console_progress_in_place,
                    .record_done = console_record_kept},
    };
    struct error why = {.kind = ERROR_NONE};
    if (gate_count_open(gate) == 0)
        return 0;
    int status = gate_rounds_all(&rounds, &why);
    if (status < 0)
        gate_decide_cut(gate, &why);
    else if (interrupt_count() > 0)
        gate_decide_cut(gate, NULL);
    else if (!gate->options->update)
        gate_decide_settle(gate);
    if (status < 0 && err != NULL)
        *err = why;
    return status;
}
