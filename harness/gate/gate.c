#include "gate/gate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int gate_init(struct gate *gate, const struct options *options, struct error *err)
{
    *gate = (struct gate){.options = options};
    gate->false_alarm_rate =
        options->false_alarm_rate > 0 ? options->false_alarm_rate : GATE_FALSE_ALARM_RATE;
    console_init(&gate->console, options);
    gate->arena = arena_new();
    if (gate->arena == NULL)
        return error_out_of_memory(err);
    if (plan_new(&gate->templates, err) < 0 || plan_new(&gate->plan, err) < 0)
        return -1;
    return places_find(&gate->places, err);
}

void gate_done(struct gate *gate)
{
    console_done(&gate->console);
    baseline_free(gate->baseline);
    revisions_done(&gate->revisions);
    plan_free(gate->plan);
    plan_free(gate->templates);
    free(gate->slots);
    free(gate->cases);
    arena_free(gate->arena);
    *gate = (struct gate){.options = NULL};
}

int gate_add_case(struct gate *gate, const struct gate_case *added, struct error *err)
{
    for (size_t i = 0; i < gate->n_cases; i++)
        if (baseline_compare_keys(&gate->cases[i].key, &added->key) == 0)
            return error_set(err, ERROR_USAGE,
                             "found the case %s twice (%.200s, %.200s), expected "
                             "each once",
                             added->id,
                             gate->cases[i].file != NULL ? gate->cases[i].file : "command line",
                             added->file != NULL ? added->file : "command line");
    struct gate_case *grown = reallocarray(gate->cases, gate->n_cases + 1, sizeof(*grown));
    if (grown == NULL)
        return error_out_of_memory(err);
    gate->cases = grown;
    grown[gate->n_cases++] = *added;
    return 0;
}

/* The text in the arena; a message is worth having without its words when memory is out. */
static const char *gate_text(struct gate *gate, const char *format, va_list arguments)
{
    CLEANUP(freep) char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    const char *kept = text != NULL ? arena_strdup(gate->arena, text) : NULL;
    return kept != NULL ? kept : "out of memory";
}

void gate_settle(struct gate *gate, struct gate_case *of, enum gate_case_status status,
                 enum exit_status exit, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    of->message = gate_text(gate, format, arguments);
    va_end(arguments);
    of->settled = true;
    of->status = status;
    of->exit = exit;
}

void gate_note(struct gate *gate, struct gate_case *of, const char *format, ...)
{
    va_list arguments;
    if (of->n_notes == GATE_NOTES_MAX)
        return;
    va_start(arguments, format);
    of->notes[of->n_notes++] = gate_text(gate, format, arguments);
    va_end(arguments);
}

void gate_note_all(struct gate *gate, const char *format, ...)
{
    va_list arguments;
    if (gate->n_notes == GATE_NOTES_MAX)
        return;
    va_start(arguments, format);
    gate->notes[gate->n_notes++] = gate_text(gate, format, arguments);
    va_end(arguments);
}

size_t gate_count_open(const struct gate *gate)
{
    size_t n = 0;
    for (size_t i = 0; i < gate->n_cases; i++)
        n += !gate->cases[i].settled;
    return n;
}

void gate_runs_add(struct gate_runs *runs, const struct record *record, const char *dir)
{
    if (runs->n == GATE_RUNS_MAX) {
        runs->more++;
        return;
    }
    runs->records[runs->n] = record;
    runs->dirs[runs->n++] = dir;
}
