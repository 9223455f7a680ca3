#include "export/export_run.h"

void export_walk_begin(struct export_walk *walk, const struct timeline *timeline)
{
    *walk = (struct export_walk){.timeline = timeline};
}

/* Skip the surveys of cycles that had none. */
static const struct cycle *export_next_survey(struct export_walk *walk)
{
    const struct timeline *timeline = walk->timeline;
    for (; walk->survey < 2 * timeline->n_cycles; walk->survey++) {
        const struct cycle *cycle = &timeline->cycles[walk->survey / 2];
        if (cycle->complete)
            return cycle;
        if (walk->survey % 2 == 0)
            walk->at.completed += load_counts_completed(&cycle->counts);
    }
    return NULL;
}

static nsec_t export_survey_ns(const struct export_walk *walk, const struct cycle *cycle)
{
    if (cycle == NULL)
        return NSEC_NEVER;
    return walk->survey % 2 == 0 ? cycle->settled_ns : cycle->floor_ns;
}

/* The earliest of what comes next, by kind. */
static nsec_t export_earliest(const nsec_t *times, enum export_step_kind *ret)
{
    *ret = EXPORT_MARK;
    for (unsigned i = EXPORT_MARK; i <= EXPORT_SETTLED; i++)
        if (times[i] < times[*ret])
            *ret = (enum export_step_kind)i;
    return times[*ret];
}

/* The cycle that is under way; one whose floor was read is over. */
static void export_find_cycle(struct export_walk *walk, nsec_t t_ns)
{
    const struct timeline *timeline = walk->timeline;
    while (walk->cycle < timeline->n_cycles && timeline->cycles[walk->cycle].begin_ns <= t_ns)
        walk->at.cycle = &timeline->cycles[walk->cycle++];
    if (walk->at.cycle != NULL && walk->at.cycle->complete && walk->at.cycle->floor_ns < t_ns)
        walk->at.cycle = NULL;
}

static void export_take_mark(struct export_walk *walk, const struct mark *mark)
{
    walk->at.mark = mark;
    if (mark->kind == MARK_PHASE)
        walk->at.phase = mark;
    else if (mark->kind == MARK_START)
        walk->at.start = (unsigned)mark->value;
}

static void export_take_survey(struct export_walk *walk, const struct cycle *cycle)
{
    bool is_floor = walk->survey++ % 2 == 1;
    walk->at.cycle = cycle;
    walk->at.start = cycle->start;
    walk->at.survey = is_floor ? &cycle->floor : &cycle->settled;
    if (is_floor)
        walk->at.kind = EXPORT_FLOOR;
    else
        walk->at.completed += load_counts_completed(&cycle->counts);
}

bool export_walk_next(struct export_walk *walk)
{
    const struct timeline *timeline = walk->timeline;
    const struct cycle *surveyed = export_next_survey(walk);
    const nsec_t times[] = {
        [EXPORT_MARK] =
            walk->mark < timeline->n_marks ? timeline->marks[walk->mark].t_ns : NSEC_NEVER,
        [EXPORT_MEMORY] =
            walk->memory < timeline->n_memory ? timeline->memory[walk->memory].t_ns : NSEC_NEVER,
        [EXPORT_LOAD] =
            walk->load < timeline->n_load ? timeline->load[walk->load].t_ns : NSEC_NEVER,
        [EXPORT_SETTLED] = export_survey_ns(walk, surveyed),
    };
    struct export_step *at = &walk->at;
    at->t_ns = export_earliest(times, &at->kind);
    if (at->t_ns == NSEC_NEVER)
        return false;
    at->mark = NULL;
    at->memory = NULL;
    at->load = at->before = NULL;
    at->survey = NULL;
    export_find_cycle(walk, at->t_ns);
    switch (at->kind) {
    case EXPORT_MARK:
        export_take_mark(walk, &timeline->marks[walk->mark++]);
        break;
    case EXPORT_MEMORY:
        at->memory = &timeline->memory[walk->memory++];
        break;
    case EXPORT_LOAD:
        at->before = walk->load > 0 ? &timeline->load[walk->load - 1] : NULL;
        at->load = &timeline->load[walk->load++];
        break;
    default:
        export_take_survey(walk, surveyed);
        break;
    }
    return true;
}

bool export_rate(const struct load_sample *before, const struct load_sample *sample, double *ret)
{
    uint64_t earlier = before != NULL ? load_counts_completed(&before->counts) : 0;
    uint64_t completed = load_counts_completed(&sample->counts);
    if (before == NULL || sample->t_ns <= before->t_ns || completed < earlier)
        return false;
    *ret = (double)(completed - earlier) * (double)NSEC_PER_SEC /
           (double)(sample->t_ns - before->t_ns);
    return true;
}

bool export_descriptors(const struct survey *survey, uint64_t *ret)
{
    static const enum survey_field kinds[] = {SURVEY_FD_SOCKET, SURVEY_FD_FILE,
                                              SURVEY_FD_PIPE,   SURVEY_FD_ANON_INODE,
                                              SURVEY_FD_DEVICE, SURVEY_FD_OTHER};
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!survey_has(survey, kinds[i]))
            return false;
        sum += survey->value[kinds[i]];
    }
    *ret = sum;
    return true;
}

bool export_working_set(const struct memory_sample *sample, uint64_t *ret)
{
    if (!memory_sample_has(sample, MEMORY_CURRENT) ||
        !memory_sample_has(sample, MEMORY_INACTIVE_FILE))
        return false;
    uint64_t current = sample->value[MEMORY_CURRENT];
    uint64_t inactive = sample->value[MEMORY_INACTIVE_FILE];
    *ret = current > inactive ? current - inactive : 0;
    return true;
}

int export_too_large(const char *form, struct error *err)
{
    return error_prefix(err, "%s: it is too large, expected fewer runs at a time", form);
}
