#include "verdict/process_growth.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Those named hold so much of the growth together. */
#define SHARE_NAMED 0.9
/* Most that are written out. */
#define TEXT_PIDS_MAX 4

/* A number of a process that a cause is told by. */
typedef uint64_t process_number(const struct survey_process *process);

static uint64_t number_of_anon(const struct survey_process *process)
{
    return process->anon_bytes;
}

static uint64_t number_of_threads(const struct survey_process *process)
{
    return process->threads;
}

static uint64_t number_of_descriptors(const struct survey_process *process)
{
    return process->descriptors;
}

static uint64_t number_of_shmem(const struct survey_process *process)
{
    return process->shmem_bytes;
}

static const struct {
    process_number *number;
    const char *one;  /* "… holds 98 %" */
    const char *many; /* "… hold 98 %" */
    const char *what;
} measures[CAUSE_MAX_] = {
    [CAUSE_HEAP] = {number_of_anon, "holds", "hold", "of the growth"},
    [CAUSE_MAPPINGS] = {number_of_anon, "holds", "hold", "of the growth"},
    [CAUSE_THREADS] = {number_of_threads, "has", "have", "of the new threads"},
    [CAUSE_SOCKETS] = {number_of_descriptors, "has", "have", "of the new descriptors"},
    [CAUSE_FILES] = {number_of_descriptors, "has", "have", "of the new descriptors"},
    [CAUSE_KERNEL] = {number_of_descriptors, "has", "have", "of the new descriptors"},
    [CAUSE_SHMEM] = {number_of_shmem, "maps", "map", "of the new shared memory"},
};

static const struct survey_process *find_pid(const struct survey *survey, int32_t pid)
{
    for (unsigned i = 0; i < survey->n_processes; i++)
        if (survey->processes[i].pid == pid)
            return &survey->processes[i];
    return NULL;
}

/* What a process is compared with: itself before, or one of its name that has gone since and was
 * not taken yet (a bit each in `taken`); NULL: nothing. */
static const struct survey_process *find_before(const struct survey *first,
                                                const struct survey *last,
                                                const struct survey_process *process,
                                                uint64_t *taken)
{
    const struct survey_process *before = find_pid(first, process->pid);
    for (unsigned i = 0; before == NULL && i < first->n_processes; i++) {
        const struct survey_process *gone = &first->processes[i];
        if ((*taken >> i & 1) != 0 || strcmp(gone->name, process->name) != 0 ||
            find_pid(last, gone->pid) != NULL)
            continue;
        *taken |= (uint64_t)1 << i;
        before = gone;
    }
    return before;
}

/* What it has gained; 0 when it has not, or when that is not known. */
static double process_gain(const struct survey *first, const struct survey_process *before,
                           const struct survey_process *process, process_number *number)
{
    uint64_t now = number(process);
    uint64_t was = before != NULL ? number(before) : 0;
    if (now == SURVEY_ABSENT || was == SURVEY_ABSENT)
        return 0;
    /* The list was full: it may have been there, with as much as the smallest in it. */
    if (before == NULL && first->n_processes == SURVEY_PROCESSES_MAX)
        was = number(&first->processes[SURVEY_PROCESSES_MAX - 1]);
    return now > was ? (double)(now - was) : 0;
}

static int compare_shares(const void *left, const void *right)
{
    const struct process_share *a = left;
    const struct process_share *b = right;
    if (a->share != b->share)
        return a->share < b->share ? 1 : -1;
    return a->pid < b->pid ? -1 : 1;
}

/* Shares of all that gained, the largest first; how many that are. */
static unsigned find_shares(const struct survey *first, const struct survey *last,
                            process_number *number, struct process_share *shares)
{
    _Static_assert(SURVEY_PROCESSES_MAX <= 64, "a bit for each");
    uint64_t taken = 0;
    double total = 0;
    unsigned n = 0;
    for (unsigned i = 0; i < last->n_processes; i++) {
        const struct survey_process *process = &last->processes[i];
        const struct survey_process *before = find_before(first, last, process, &taken);
        double gain = process_gain(first, before, process, number);
        if (gain <= 0)
            continue;
        total += gain;
        shares[n].pid = process->pid;
        shares[n].share = gain;
        memcpy(shares[n++].name, process->name, sizeof(process->name));
    }
    for (unsigned i = 0; i < n; i++)
        shares[i].share /= total;
    qsort(shares, n, sizeof(*shares), compare_shares);
    return n;
}

static void append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void append(char *text, size_t size, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, size - length, format, arguments);
    va_end(arguments);
}

static bool have_one_name(const struct process_growth *growth)
{
    for (unsigned i = 1; i < growth->n; i++)
        if (strcmp(growth->process[i].name, growth->process[0].name) != 0)
            return false;
    return true;
}

/* "server.py (pids 11, 12, 13) hold 97 % of the growth", "a (pid 1) 60 %, b (pid 2) 38 % of …". */
static void say_shares(struct process_growth *growth, enum cause cause)
{
    char *text = growth->text;
    size_t size = sizeof(growth->text);
    bool one_name = have_one_name(growth);
    double sum = 0;
    unsigned shown = growth->n < TEXT_PIDS_MAX ? growth->n : TEXT_PIDS_MAX;
    for (unsigned i = 0; i < growth->n; i++)
        sum += growth->process[i].share;
    for (unsigned i = 0; i < shown; i++) {
        const struct process_share *process = &growth->process[i];
        if (!one_name)
            append(text, size, "%s%s (pid %d) %s %.0f %%", i > 0 ? ", " : "", process->name,
                   process->pid, measures[cause].one, 100 * process->share);
        else if (i == 0)
            append(text, size, "%s (pid%s %d", process->name, growth->n > 1 ? "s" : "",
                   process->pid);
        else
            append(text, size, ", %d", process->pid);
    }
    unsigned hidden = growth->n - shown + growth->n_more;
    if (hidden > 0)
        append(text, size, " and %u more", hidden);
    if (one_name)
        append(text, size, ") %s %.0f %%",
               growth->n > 1 ? measures[cause].many : measures[cause].one, 100 * sum);
    append(text, size, " %s", measures[cause].what);
}

void process_growth_of(const struct floor_series *series, enum cause cause,
                       struct process_growth *ret)
{
    ret->n = 0;
    ret->n_more = 0;
    ret->text[0] = '\0';
    if (series->n < 2 || measures[cause].number == NULL)
        return;
    const struct survey *first = &series->cycle[0]->floor;
    const struct survey *last = &series->cycle[series->n - 1]->floor;
    bool is_daemon = survey_has(last, SURVEY_FIRST) && last->value[SURVEY_FIRST] == 0;
    if (last->n_processes < 2 && !is_daemon)
        return;

    struct process_share shares[SURVEY_PROCESSES_MAX];
    unsigned n = find_shares(first, last, measures[cause].number, shares);
    double sum = 0;
    for (unsigned i = 0; i < n && sum < SHARE_NAMED; i++) {
        sum += shares[i].share;
        if (ret->n == PROCESS_GROWTH_MAX)
            ret->n_more++;
        else
            ret->process[ret->n++] = shares[i];
    }
    if (ret->n > 0)
        say_shares(ret, cause);
}
