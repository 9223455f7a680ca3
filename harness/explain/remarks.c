#include "explain/remarks.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "verdict/evidence.h"
#include "verdict/figures.h"

#define SHARE_ENOUGH 0.8
/* What is not explained of an area is said when it is that much of all growth. */
#define UNEXPLAINED_SHARE_MIN 0.1
/* Two rates differ by no more than this, whatever the plain one's interval is. */
#define RATE_TOLERANCE 0.25

/* Append to a sentence; what does not fit ends with "…". */
__attribute__((format(printf, 2, 3))) static void remarks_say(char *text, const char *format, ...)
{
    va_list arguments;
    size_t length = strlen(text);
    va_start(arguments, format);
    int more = vsnprintf(text + length, EXPLANATION_TEXT_MAX - length, format, arguments);
    va_end(arguments);
    if (more < 0 || (size_t)more < EXPLANATION_TEXT_MAX - length)
        return;
    size_t end = EXPLANATION_TEXT_MAX - sizeof("…");
    while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
        end--;
    memcpy(text + end, "…", sizeof("…"));
}

static const char *remarks_next(const char *text)
{
    return *text == '\0' ? "" : "; ";
}

static const char *remarks_per(const struct explanation *explanation)
{
    return explanation->by_time ? "second" : "request";
}

/* Which line of memory.stat the kernel's growth is in, most of it. */
static const char *remarks_kernel_line(const struct explain_floors *floors)
{
    static const struct {
        enum memory_field field;
        const char *name;
    } lines[] = {
        {MEMORY_KERNEL_STACK, "stacks of threads"},
        {MEMORY_SLAB_UNRECLAIMABLE, "slab"},
        {MEMORY_SOCK, "buffers of sockets"},
        {MEMORY_PERCPU, "percpu"},
        {MEMORY_VMALLOC, "vmalloc"},
    };
    const char *name = "";
    double most = 0;
    double rate = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        if (explain_floors_memory_rate(floors, lines[i].field, &rate) && rate > most) {
            most = rate;
            name = lines[i].name;
        }
    return name;
}

static void remarks_missing_kernel(const struct accounts *accounts, const char *amount,
                                   struct explanation *explanation)
{
    const char *line = remarks_kernel_line(&accounts->floors);
    char *text = explanation->missing;
    remarks_say(text,
                "%sthe kernel counted %s per %s more%s%s than threads and descriptors account for",
                remarks_next(text), amount, remarks_per(explanation),
                *line != '\0' ? ", most of it " : "", line);
    if (!accounts->present[ACCOUNTS_DESCRIPTORS])
        remarks_say(text, " (no profile of descriptors was kept)");
    else if (!accounts->present[ACCOUNTS_THREADS])
        remarks_say(text, " (no profile of threads was kept)");
}

static void remarks_missing_private(const struct accounts *accounts, const char *amount,
                                    struct explanation *explanation)
{
    bool heap = false;
    char *text = explanation->missing;
    for (unsigned i = ACCOUNTS_GO; i <= ACCOUNTS_HEAP; i++)
        heap = heap || (i != ACCOUNTS_GOROUTINES && accounts->present[i]);
    remarks_say(text, "%sprivate memory grew by %s per %s more than ", remarks_next(text), amount,
                remarks_per(explanation));
    if (!heap && !accounts->present[ACCOUNTS_PAGES])
        remarks_say(text, "is explained, for no profile of the heap was kept");
    else if (!accounts->present[ACCOUNTS_PAGES])
        remarks_say(text,
                    "the places that are known (rounding or fragments of the allocator, or "
                    "memory that is not malloc's: the instrument pages tells who touches it)");
    else
        remarks_say(text, "the places that are known");
}

/* Instruments that were not there, or not at every floor. */
static void remarks_missing_instruments(const struct accounts *accounts, char *text)
{
    const struct record *record = accounts->floors.record;
    size_t judged = accounts->floors.n - accounts->floors.n_before;
    for (unsigned i = 0; i < record->n_instruments; i++) {
        const struct record_instrument *instrument = &record->instruments[i];
        if (instrument->state == RECORD_INSTRUMENT_USED)
            continue;
        remarks_say(text, "%s%s %s%s%s", remarks_next(text), instrument->name,
                    instrument->state == RECORD_INSTRUMENT_FAILED ? "failed" : "was impossible",
                    *instrument->why != '\0' ? ": " : "", instrument->why);
    }
    for (unsigned i = 0; i < ACCOUNTS_MAX_; i++)
        if (accounts->present[i] && accounts->sites[i].n_missing > 0)
            remarks_say(text, "%s%s is missing at %zu of %zu floors", remarks_next(text),
                        accounts->sites[i].instrument, accounts->sites[i].n_missing, judged);
    if (*accounts->unread != '\0')
        remarks_say(text, "%s%s", remarks_next(text), accounts->unread);
}

void remarks_missing(const struct accounts *accounts, struct explanation *explanation)
{
    char *text = explanation->missing;
    if (!explanation->grows || explanation->share >= SHARE_ENOUGH)
        return;
    for (unsigned i = 0; i < explanation->n_areas; i++) {
        const struct explanation_area *area = &explanation->areas[i];
        char amount[UNITS_TEXT_MAX];
        double missing = area->measured_rate - area->explained_rate;
        if (missing <= UNEXPLAINED_SHARE_MIN * explanation->measured_rate)
            continue;
        units_format_bytes(missing, amount);
        if (strcmp(area->name, "kernel") == 0)
            remarks_missing_kernel(accounts, amount, explanation);
        else if (strcmp(area->name, "shared") == 0)
            remarks_say(text, "%sshared memory grew by %s per %s more than files and mappings did",
                        remarks_next(text), amount, remarks_per(explanation));
        else
            remarks_missing_private(accounts, amount, explanation);
    }
    remarks_missing_instruments(accounts, text);
}

/* Who holds what stays up after the load. */
static void remarks_retained(const struct record *record, const struct evidence *evidence,
                             char *text)
{
    char amounts[3][UNITS_TEXT_MAX];
    const struct verdict *verdict = &record->verdict;
    if (verdict->has_retained && verdict->retained_bytes > 0)
        remarks_say(text, "; after the load %s more stay up than the service came up with",
                    units_format_bytes((double)verdict->retained_bytes, amounts[0]));
    if (evidence->last != NULL && survey_has_allocator(&evidence->last->settled)) {
        const uint64_t *value = evidence->last->settled.value;
        remarks_say(text, "; the allocator has %s of the kernel, %s of that in use and %s free",
                    units_format_bytes((double)value[SURVEY_HEAP_ARENA], amounts[0]),
                    units_format_bytes((double)value[SURVEY_HEAP_IN_USE], amounts[1]),
                    units_format_bytes((double)value[SURVEY_HEAP_FREE], amounts[2]));
    }
    if (evidence->lazy_free_bytes > 0)
        remarks_say(text, "; %s are freed lazily (MADV_FREE)",
                    units_format_bytes((double)evidence->lazy_free_bytes, amounts[0]));
    if (evidence->cache_bytes > 0)
        remarks_say(text, "; %s are page cache of files",
                    units_format_bytes((double)evidence->cache_bytes, amounts[0]));
}

void remarks_holding(const struct record *instrumented, struct explanation *explanation)
{
    struct evidence evidence;
    char *text = explanation->holding;
    char amounts[4][UNITS_TEXT_MAX];
    evidence_gather(instrumented->timeline, &instrumented->question, &evidence);
    if (evidence.last == NULL)
        return;
    struct floor_parts floor = indicators_floor(&evidence.last->floor);
    if (!floor.present)
        return;
    remarks_say(text, "the floor stands at %s: %s private, %s shared, %s of the kernel",
                units_format_bytes((double)floor.total_bytes, amounts[0]),
                units_format_bytes((double)floor.user_bytes, amounts[1]),
                units_format_bytes((double)floor.shmem_bytes, amounts[2]),
                units_format_bytes((double)floor.kernel_bytes, amounts[3]));
    if (instrumented->verdict.kind == VERDICT_LAZY_RELEASE)
        remarks_retained(instrumented, &evidence, text);
    int64_t transient = 0;
    if (instrumented->verdict.kind == VERDICT_PRESSURE &&
        evidence_transient(&evidence, &instrumented->question, &transient))
        remarks_say(text, "; each request in flight takes %s more, and gives it back",
                    units_format_bytes((double)transient, amounts[0]));
}

/* Growth per request, or per second; false: none was found. */
static bool remarks_rate(const struct record *record, double *ret)
{
    const struct verdict *verdict = &record->verdict;
    *ret = verdict->has_time_rate ? verdict->bytes_per_s : verdict->growth.estimate;
    return verdict->has_time_rate || verdict->growth.present;
}

static bool remarks_rates_agree(const struct record *plain, const struct record *instrumented)
{
    double before = 0;
    double now = 0;
    if (plain->verdict.kind != VERDICT_LEAK || !remarks_rate(plain, &before) ||
        !remarks_rate(instrumented, &now) ||
        plain->verdict.has_time_rate != instrumented->verdict.has_time_rate)
        return true; /* there is nothing to compare, or not in one unit */
    const struct verdict_growth *growth = &plain->verdict.growth;
    if (!plain->verdict.has_time_rate && now >= growth->low && now <= growth->high)
        return true;
    return fabs(now - before) <= RATE_TOLERANCE * fabs(before);
}

static void remarks_verdict(const struct record *record, char *text, size_t size)
{
    if (record->error.kind != ERROR_NONE)
        snprintf(text, size, "no verdict");
    else if (record->verdict.cause == CAUSE_NONE)
        snprintf(text, size, "%s", verdict_kind_name(record->verdict.kind));
    else
        snprintf(text, size, "%s (%s)", verdict_kind_name(record->verdict.kind),
                 cause_name(record->verdict.cause));
}

/* Whose effect a difference may be. */
static void remarks_effects(const struct record *instrumented, char *text)
{
    bool any = false;
    for (unsigned i = 0; i < instrumented->n_instruments; i++) {
        const struct record_instrument *instrument = &instrumented->instruments[i];
        bool is_said = *instrument->effect == '\0';
        for (unsigned k = 0; k < i; k++) /* of those that share their events */
            is_said =
                is_said || strcmp(instrumented->instruments[k].effect, instrument->effect) == 0;
        if (is_said)
            continue;
        remarks_say(text, "%s%s: %s", any ? "; " : "; whose effect it may be: ", instrument->name,
                    instrument->effect);
        any = true;
    }
    if (!any && instrumented->n_instruments > 0)
        remarks_say(text, "; the instruments name no effect of theirs: a third run would tell");
}

static double remarks_throughput(const struct record *record)
{
    struct figures figures = {.present = 0};
    if (record->error.kind != ERROR_NONE)
        return 0;
    figures_of_run(record->timeline, &record->question, &record->verdict, &figures);
    return figures_has(&figures, FIGURE_RATE) ? figures.value[FIGURE_RATE] : 0;
}

void remarks_agreement(const struct record *plain, const struct record *instrumented,
                       struct explanation *explanation)
{
    char *text = explanation->disagreement;
    char words[2][96];
    remarks_verdict(plain, words[0], sizeof(words[0]));
    remarks_verdict(instrumented, words[1], sizeof(words[1]));
    double before = remarks_throughput(plain);
    double now = remarks_throughput(instrumented);
    explanation->slowdown = before > 0 && now > 0 ? before / now : 0;
    if (strcmp(words[0], words[1]) != 0) {
        remarks_say(text, "%s without instruments, %s with them", words[0], words[1]);
    } else if (!remarks_rates_agree(plain, instrumented)) {
        char amounts[2][UNITS_TEXT_MAX];
        remarks_rate(plain, &before);
        remarks_rate(instrumented, &now);
        remarks_say(text, "it grew by %s per %s without instruments, and by %s per %s with them",
                    units_format_bytes(before, amounts[0]),
                    plain->verdict.has_time_rate ? "second" : "request",
                    units_format_bytes(now, amounts[1]),
                    instrumented->verdict.has_time_rate ? "second" : "request");
    }
    explanation->agrees = *text == '\0';
    if (!explanation->agrees)
        remarks_effects(instrumented, text);
}
