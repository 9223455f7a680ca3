#include "verdict/comparison_sentence.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "base/whole.h"

/* So much of each is said; the table has the rest. */
#define NAME_BYTES_MAX 40
#define NAMES_MAX      3
#define CLAIMS_MAX     3 /* of a variant */
#define CLAUSE_MAX     256

/* A text of bounded size. */
struct text {
    char *text;
    size_t size;
    bool cut; /* something did not fit */
};

static void text_add(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void text_add(struct text *text, const char *format, ...)
{
    size_t length = strlen(text->text);
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(text->text + length, text->size - length, format, arguments);
    va_end(arguments);
    text->cut = text->cut || (size_t)added >= text->size - length;
}

/* How many of its first bytes are whole characters. */
static int text_whole(const char *text, size_t bytes_max)
{
    size_t length = strlen(text);
    if (length <= bytes_max)
        return (int)length;
    length = bytes_max;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return (int)length;
}

static void text_add_name(struct text *text, const char *name)
{
    int whole = text_whole(name, NAME_BYTES_MAX);
    text_add(text, "%.*s%s", whole, name, name[whole] == '\0' ? "" : "...");
}

static void text_end(struct text *text)
{
    if (text->cut)
        memcpy(text->text + text_whole(text->text, text->size - sizeof("...")), "...",
               sizeof("..."));
}

/* Some of the variants. */
struct names {
    unsigned n;
    unsigned variant[COMPARISON_VARIANTS_MAX];
};

/* "a", "a and b", "a, b and c", "a, b and 3 more" */
static void text_add_names(struct text *text, const struct comparison *comparison,
                           const struct names *names)
{
    unsigned said = names->n <= NAMES_MAX ? names->n : NAMES_MAX - 1;
    for (unsigned i = 0; i < said; i++) {
        if (i > 0)
            text_add(text, i + 1 == names->n ? " and " : ", ");
        text_add_name(text, comparison->variant[names->variant[i]].name);
    }
    if (said < names->n)
        text_add(text, " and %u more", names->n - said);
}

/* --- verdicts --- */

static struct names comparison_of_kind(const struct comparison *comparison, enum verdict_kind kind)
{
    struct names names = {0};
    for (unsigned v = 0; v < comparison->n; v++)
        if (comparison->variant[v].has_verdict && comparison->variant[v].kind == kind)
            names.variant[names.n++] = v;
    return names;
}

/* In every repeat. */
static bool comparison_is_killed(const struct comparison_variant *variant)
{
    return variant->figure[FIGURE_KILLED].n == variant->runs - variant->failed;
}

static void text_add_kill(struct text *text, const struct comparison_variant *variant)
{
    char count[UNITS_TEXT_MAX];
    uint64_t requests = whole_of(variant->figure[FIGURE_KILLED].median);
    text_add(text, "is killed at the limit after %s request%s", units_format_count(requests, count),
             requests == 1 ? "" : "s");
}

/* " 61.2 KiB per request", " 2.0 KiB to 61.2 KiB per request"; nothing where one has no growth. */
static void text_add_growth(struct text *text, const struct comparison *comparison,
                            const struct names *names)
{
    double low = INFINITY;
    double high = 0;
    for (unsigned i = 0; i < names->n; i++) {
        const struct comparison_figure *growth =
            &comparison->variant[names->variant[i]].figure[FIGURE_GROWTH];
        low = fmin(low, growth->present ? growth->median : 0);
        high = fmax(high, growth->present ? growth->median : 0);
    }
    if (low <= 0)
        return;
    char least[UNITS_TEXT_MAX];
    char most[UNITS_TEXT_MAX];
    units_format_bytes(low, least);
    units_format_bytes(high, most);
    if (strcmp(least, most) == 0)
        text_add(text, " %s per request", most);
    else
        text_add(text, " %s to %s per request", least, most);
}

/* What those do that have this verdict: "leaks 61.2 KiB per request", "are clean". */
static void text_add_verdict(struct text *text, const struct comparison *comparison,
                             enum verdict_kind kind, const struct names *names)
{
    static const char *const words[] = {
        [VERDICT_INCONCLUSIVE] = "undecided",
        [VERDICT_CLEAN] = "clean",
        [VERDICT_LEAK] = "leak",
        [VERDICT_PRESSURE] = "under pressure",
        [VERDICT_LAZY_RELEASE] = "slow to give memory back",
    };
    const struct comparison_variant *one = &comparison->variant[names->variant[0]];
    bool killed = names->n == 1 && comparison_is_killed(one);
    if (kind == VERDICT_LEAK) {
        text_add(text, names->n == 1 ? "leaks" : "leak");
        text_add_growth(text, comparison, names);
        if (killed)
            text_add(text, " and ");
    } else if (!killed) {
        text_add(text, "%s %s", names->n == 1 ? "is" : "are", words[kind]);
    }
    if (killed)
        text_add_kill(text, one);
    if (names->n == 1 && one->agree < one->runs - one->failed)
        text_add(text, " (in %u of %u repeats)", one->agree, one->runs - one->failed);
}

/* In which order they are said. */
static const enum verdict_kind comparison_worst_first[] = {
    VERDICT_LEAK, VERDICT_PRESSURE, VERDICT_LAZY_RELEASE, VERDICT_INCONCLUSIVE, VERDICT_CLEAN};

/* "race leaks 61.2 KiB per request and asan is under pressure where plain is clean". */
static void text_add_other_verdicts(struct text *text, const struct comparison *comparison)
{
    enum verdict_kind first = comparison->variant[0].kind;
    struct names others[VERDICT_KIND_MAX_];
    unsigned n = 0;
    for (unsigned i = 0; i < VERDICT_KIND_MAX_; i++) {
        others[n] = comparison_of_kind(comparison, comparison_worst_first[i]);
        n += comparison_worst_first[i] != first && others[n].n > 0;
    }
    for (unsigned i = 0; i < n; i++) {
        if (i > 0)
            text_add(text, i + 1 == n ? " and " : ", ");
        text_add_names(text, comparison, &others[i]);
        text_add(text, " ");
        text_add_verdict(text, comparison, comparison->variant[others[i].variant[0]].kind,
                         &others[i]);
    }
    struct names same = comparison_of_kind(comparison, first);
    text_add(text, " where ");
    text_add_names(text, comparison, &same);
    text_add(text, " ");
    text_add_verdict(text, comparison, first, &same);
}

/* "both leak, plain 61.2 KiB per request: "; nothing when all are clean. */
static void text_add_same_verdict(struct text *text, const struct comparison *comparison)
{
    enum verdict_kind kind = comparison->variant[0].kind;
    struct names all = comparison_of_kind(comparison, kind);
    struct names first = {.n = 1, .variant = {0}};
    if (kind == VERDICT_CLEAN)
        return;
    text_add(text, all.n == 2 ? "both " : "all ");
    if (kind == VERDICT_LEAK) {
        text_add(text, "leak");
        const struct comparison_figure *growth = &comparison->variant[0].figure[FIGURE_GROWTH];
        if (growth->present && growth->median > 0) {
            text_add(text, ", ");
            text_add_name(text, comparison->variant[0].name);
            text_add_growth(text, comparison, &first);
        }
    } else {
        text_add_verdict(text, comparison, kind, &all);
    }
    text_add(text, ": ");
}

static bool comparison_verdicts_differ(const struct comparison *comparison)
{
    for (unsigned v = 1; v < comparison->n; v++)
        if (comparison->variant[v].has_verdict &&
            comparison->variant[v].kind != comparison->variant[0].kind)
            return true;
    return false;
}

/* --- differences in figures --- */

/* What is said of a ratio and of a distance, and how the first variant is joined to it. */
static const struct {
    const char *before, *after, *join;
    const char *verb; /* of a distance in bytes; NULL: not a figure that may be 0 or less */
} comparison_words[] = {
    [FIGURE_GROWTH] = {"grows", "times as much per request", "as", "grows"},
    [FIGURE_FLOOR] = {"has a floor", "times as high", "as", NULL},
    [FIGURE_PEAK] = {"peaks", "times as high", "as", NULL},
    [FIGURE_RETAINED] = {"retains", "times as much", "as", "retains"},
    [FIGURE_RATE] = {"serves", "times the requests per second", "of", NULL},
    [FIGURE_P50] = {"has", "times the median latency", "of", NULL},
    [FIGURE_P99] = {"has", "times the p99 latency", "of", NULL},
    [FIGURE_CPU] = {"needs", "times the CPU", "of", NULL},
    [FIGURE_KILLED] = {"is killed after", "times the requests", "of", NULL},
};

/* "1.4", "0.95", "12" */
static void text_add_ratio(struct text *text, double ratio)
{
    int decimals = 1;
    if (ratio >= 9.95)
        decimals = 0;
    else if (fabs(ratio - 1) < 0.145 || ratio < 0.195)
        decimals = 2;
    if (ratio < 0.095)
        text_add(text, "%.1g", ratio);
    else
        text_add(text, "%.*f", decimals, ratio);
}

/* "peaks 1.4 times as high", and of the first that is said " as glibc". */
static void text_add_claim(struct text *text, const struct comparison *comparison, unsigned v,
                           enum figure f, bool with_first)
{
    const struct comparison_figure *figure = &comparison->variant[v].figure[f];
    const char *join = comparison_words[f].join;
    double more = figure->median - comparison->variant[0].figure[f].median;
    char bytes[UNITS_TEXT_MAX];
    if (figure->has_ratio) {
        text_add(text, "%s ", comparison_words[f].before);
        text_add_ratio(text, figure->ratio);
        text_add(text, " %s", comparison_words[f].after);
    } else if (comparison_words[f].verb != NULL) {
        text_add(text, "%s %s %s%s", comparison_words[f].verb,
                 units_format_bytes(fabs(more), bytes), more < 0 ? "less" : "more",
                 f == FIGURE_GROWTH ? " per request" : "");
        join = "than";
    } else {
        text_add(text, "has %s %s", more < 0 ? "less" : "more", figure_info[f].heading);
        join = "than";
    }
    if (!with_first)
        return;
    text_add(text, " %s ", join);
    text_add_name(text, comparison->variant[0].name);
}

/* How far it is off, whichever way. */
static double comparison_size(const struct comparison *comparison, unsigned v, enum figure f)
{
    const struct comparison_figure *figure = &comparison->variant[v].figure[f];
    if (figure->has_ratio)
        return fabs(log(figure->ratio));
    double first = fabs(comparison->variant[0].figure[f].median);
    return log1p(fabs(figure->median - comparison->variant[0].figure[f].median) /
                 fmax(first, figure_info[f].least_amount));
}

/* Is it said already, with the verdict? More memory is what a leak is. */
static bool comparison_goes_without_saying(const struct comparison *comparison, unsigned v,
                                           enum figure f)
{
    enum verdict_kind first = comparison->variant[0].kind;
    enum verdict_kind kind = comparison->variant[v].kind;
    return first != kind && (first == VERDICT_LEAK || kind == VERDICT_LEAK) &&
           (f == FIGURE_GROWTH || f == FIGURE_FLOOR || f == FIGURE_PEAK || f == FIGURE_RETAINED);
}

/* Claims of a variant that are said, largest first. */
static unsigned comparison_claims(const struct comparison *comparison, unsigned v,
                                  enum figure claims[FIGURE_COMPARED_MAX_])
{
    unsigned n = 0;
    for (enum figure f = 0; f < FIGURE_COMPARED_MAX_; f++) {
        if (!comparison->variant[v].figure[f].differs ||
            comparison_goes_without_saying(comparison, v, f))
            continue;
        unsigned at = n++;
        for (; at > 0 &&
               comparison_size(comparison, v, f) > comparison_size(comparison, v, claims[at - 1]);
             at--)
            claims[at] = claims[at - 1];
        claims[at] = f;
    }
    return n < CLAIMS_MAX ? n : CLAIMS_MAX;
}

static double comparison_largest(const struct comparison *comparison, unsigned v)
{
    enum figure claims[FIGURE_COMPARED_MAX_];
    return comparison_claims(comparison, v, claims) > 0 ? comparison_size(comparison, v, claims[0])
                                                        : 0;
}

/* "jemalloc peaks 1.4 times as high as glibc and needs 0.8 times the CPU" */
static void text_add_claims(struct text *text, const struct comparison *comparison, unsigned v)
{
    enum figure claims[FIGURE_COMPARED_MAX_];
    unsigned n = comparison_claims(comparison, v, claims);
    text_add_name(text, comparison->variant[v].name);
    for (unsigned i = 0; i < n; i++) {
        text_add(text, "%s", i == 0 ? " " : i + 1 == n ? " and " : ", ");
        text_add_claim(text, comparison, v, claims[i], i == 0);
    }
}

/* A clause for each variant that differs, largest first, as many as there is room for. Returns
 * whether there is one. */
static bool text_add_differences(struct text *text, const struct comparison *comparison,
                                 bool after_verdicts)
{
    struct names differ = {0};
    for (unsigned v = 1; v < comparison->n; v++) {
        double size = comparison_largest(comparison, v);
        if (size <= 0)
            continue;
        unsigned at = differ.n++;
        for (; at > 0 && size > comparison_largest(comparison, differ.variant[at - 1]); at--)
            differ.variant[at] = differ.variant[at - 1];
        differ.variant[at] = v;
    }
    for (unsigned i = 0; i < differ.n; i++) {
        char clause[CLAUSE_MAX] = "";
        struct text part = {.text = clause, .size = sizeof(clause)};
        text_add_claims(&part, comparison, differ.variant[i]);
        text_end(&part);
        const char *before = i > 0 || after_verdicts ? "; " : "";
        bool fits = strlen(text->text) + strlen(clause) + sizeof("; ; 15 more differ") < text->size;
        if (i == NAMES_MAX || (i > 0 && !fits)) {
            text_add(text, "; %u more differ%s", differ.n - i, differ.n - i == 1 ? "s" : "");
            break;
        }
        text_add(text, "%s%s", before, clause);
    }
    return differ.n > 0;
}

static void text_add_no_difference(struct text *text, const struct comparison *comparison)
{
    if (comparison->repeats_needed > 0)
        text_add(text, "%u repeat%s can show no difference at %.0f %%: at least %u are needed",
                 comparison->repeats, comparison->repeats == 1 ? "" : "s", 100 * comparison->alpha,
                 comparison->repeats_needed);
    else
        text_add(text, "no difference that %u repeats can show", comparison->repeats);
}

/* --- what is missing --- */

/* "; asan failed in 1 of 4 repeats; tcmalloc and mimalloc were not run" */
static void text_add_missing(struct text *text, const struct comparison *comparison)
{
    struct names skipped = {0};
    struct names failed = {0};
    for (unsigned v = 0; v < comparison->n; v++) {
        const struct comparison_variant *variant = &comparison->variant[v];
        if (variant->runs == 0)
            skipped.variant[skipped.n++] = v;
        else if (!variant->has_verdict)
            failed.variant[failed.n++] = v;
        else if (variant->failed > 0) {
            text_add(text, "; ");
            text_add_name(text, variant->name);
            text_add(text, " failed in %u of %u repeats", variant->failed, variant->runs);
        }
    }
    if (failed.n > 0) {
        text_add(text, "; ");
        text_add_names(text, comparison, &failed);
        text_add(text, " failed");
    }
    if (skipped.n > 0) {
        text_add(text, "; ");
        text_add_names(text, comparison, &skipped);
        text_add(text, skipped.n == 1 ? " was not run" : " were not run");
    }
}

/* How many of the others have a verdict. */
static unsigned comparison_others(const struct comparison *comparison)
{
    unsigned n = 0;
    for (unsigned v = 1; v < comparison->n; v++)
        n += comparison->variant[v].has_verdict;
    return n;
}

void comparison_say(struct comparison *comparison)
{
    /* What is missing comes last, and must not be what is cut. */
    char end[sizeof(comparison->sentence) / 2] = "";
    struct text missing = {.text = end, .size = sizeof(end)};
    text_add_missing(&missing, comparison);
    text_end(&missing);

    comparison->sentence[0] = '\0';
    struct text text = {.text = comparison->sentence,
                        .size = sizeof(comparison->sentence) - strlen(end)};
    bool differ = comparison_verdicts_differ(comparison);
    if (!comparison->variant[0].has_verdict || comparison_others(comparison) == 0) {
        text_add(&text, "there is nothing to compare");
        if (comparison->variant[0].has_verdict) {
            text_add(&text, " ");
            text_add_name(&text, comparison->variant[0].name);
            text_add(&text, " with");
        }
    } else {
        if (differ)
            text_add_other_verdicts(&text, comparison);
        else
            text_add_same_verdict(&text, comparison);
        if (!text_add_differences(&text, comparison, differ) && !differ)
            text_add_no_difference(&text, comparison);
    }
    text_end(&text);
    text.size = sizeof(comparison->sentence);
    text_add(&text, "%s", end);
}
