#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/gate_cells.h"
#include "report/table.h"

#define GATE_REMARK_MAX ((size_t)64 * 1024)
/* Of notes on cases that passed, so many are told: each is of the environment, and of many cases.
 */
#define GATE_NOTES_MAX 32

static bool gate_is_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* Where the runs are that one would look at. */
static void gate_say_results(const struct gate_report_case *one, gate_remark_fn *each, void *user)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(GATE_REMARK_MAX);
    const char *first = NULL;
    size_t n = 0;
    for (size_t i = 0; one->results != NULL && i < one->n_records; i++) {
        if (one->results[i] == NULL)
            continue;
        first = first != NULL ? first : one->results[i];
        n++;
    }
    if (first == NULL)
        return;
    buffer_printf(&text, NULL, n > 1 ? "runs: %s and %zu more" : "run: %s", first, n - 1);
    each(user, buffer_text(&text));
}

/* Warnings put figures in doubt: how many runs have any, and the first of them. */
static void gate_say_warnings(const struct gate_report_case *one, gate_remark_fn *each, void *user)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(GATE_REMARK_MAX);
    size_t warned = 0;
    const char *warning = records_warning(one->records, one->n_records, &warned);
    if (warning == NULL)
        return;
    buffer_printf(&text, NULL, "warning in %zu of %zu runs: %s", warned, one->n_records, warning);
    each(user, buffer_text(&text));
}

void gate_case_remarks(const struct gate_report_case *one, gate_remark_fn *each, void *user)
{
    const struct gate_result *result = one->result;
    const char *sentence = result != NULL ? result->sentence : NULL;
    if (gate_is_text(sentence) &&
        (!gate_is_text(one->message) || strstr(one->message, sentence) == NULL))
        each(user, sentence);
    if (gate_is_text(one->message))
        each(user, one->message);
    for (unsigned i = 0; result != NULL && i < 2; i++)
        if (gate_is_text(result->remarks[i]))
            each(user, result->remarks[i]);
    for (size_t i = 0; i < one->n_notes; i++)
        if (gate_is_text(one->notes[i]))
            each(user, one->notes[i]);
    gate_say_warnings(one, each, user);
    gate_say_results(one, each, user);
}

/* The least and the most of something over cases. */
struct gate_range {
    unsigned least, most;
};

static void gate_range_add(struct gate_range *range, unsigned value)
{
    range->least = range->most == 0 || value < range->least ? value : range->least;
    range->most = value > range->most ? value : range->most;
}

static void gate_range_put(struct buffer *out, struct gate_range range)
{
    if (range.least == range.most)
        buffer_printf(out, NULL, "%u", range.most);
    else
        buffer_printf(out, NULL, "%u to %u", range.least, range.most);
}

/* How sure it is, or that nothing was compared. */
static void gate_say_sure(const struct gate_report *report, gate_remark_fn *each, void *user)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(GATE_REMARK_MAX);
    struct gate_range base = {0};
    struct gate_range now = {0};
    bool marked = false;
    for (size_t i = 0; i < report->n_cases; i++) {
        const struct gate_result *result = report->cases[i].result;
        if (result == NULL || result->base.judged == 0 || result->now.judged == 0)
            continue;
        gate_range_add(&base, result->base.judged);
        gate_range_add(&now, result->now.judged);
        for (unsigned k = 0; k < GATE_FIGURE_MAX_; k++)
            marked = marked || result->figure[k].regressed;
    }
    if (now.most == 0) {
        each(user, "nothing was compared");
        return;
    }
    if (marked)
        buffer_append_text(&text, "* grew by more than its budget allows: ", NULL);
    gate_range_put(&text, base);
    buffer_printf(&text, NULL, " repeat%s of the baseline and ", base.most == 1 ? "" : "s");
    gate_range_put(&text, now);
    buffer_printf(&text, NULL,
                  " now, exact one-sided permutation test, at most %.3g %% false alarms per gate",
                  100 * report->false_alarm_rate);
    each(user, buffer_text(&text));
}

/* A note, and of how many cases it is. */
struct gate_note {
    const char *text;
    const char *id; /* of the first of them */
    size_t n;
};

/* Notes of cases that passed: of many cases the same, for most are of how they were run. */
struct gate_notes {
    struct gate_note note[GATE_NOTES_MAX];
    size_t n;
    size_t dropped; /* for which there was no room */
};

static void gate_note_add(struct gate_notes *notes, const char *id, const char *text)
{
    size_t i = 0;
    if (!gate_is_text(text))
        return;
    while (i < notes->n && strcmp(notes->note[i].text, text) != 0)
        i++;
    if (i == GATE_NOTES_MAX) {
        notes->dropped++;
        return;
    }
    if (i == notes->n)
        notes->note[notes->n++] = (struct gate_note){.text = text, .id = id};
    notes->note[i].n++;
}

static void gate_say_notes(const struct gate_report *report, gate_remark_fn *each, void *user)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(GATE_REMARK_MAX);
    struct gate_notes notes = {.n = 0};
    for (size_t i = 0; i < report->n_cases; i++) {
        const struct gate_report_case *one = &report->cases[i];
        if (gate_is_noteworthy(one) || one->status == GATE_CASE_NOT_RUN)
            continue;
        for (unsigned k = 0; one->result != NULL && k < 2; k++)
            gate_note_add(&notes, one->id, one->result->remarks[k]);
        for (size_t k = 0; k < one->n_notes; k++)
            gate_note_add(&notes, one->id, one->notes[k]);
    }
    for (size_t i = 0; i < notes.n; i++) {
        const struct gate_note *note = &notes.note[i];
        buffer_clear(&text);
        if (note->n == 1)
            buffer_printf(&text, NULL, "%s: %s", note->id, note->text);
        else
            buffer_printf(&text, NULL, "%zu cases that passed: %s", note->n, note->text);
        each(user, buffer_text(&text));
    }
    if (notes.dropped > 0) {
        buffer_clear(&text);
        buffer_printf(&text, NULL, "and %zu more notes on cases that passed, in gate.json",
                      notes.dropped);
        each(user, buffer_text(&text));
    }
}

void gate_remarks(const struct gate_report *report, gate_remark_fn *each, void *user)
{
    gate_say_sure(report, each, user);
    gate_say_notes(report, each, user);
    for (size_t i = 0; i < report->n_notes; i++)
        if (gate_is_text(report->notes[i]))
            each(user, report->notes[i]);
}
