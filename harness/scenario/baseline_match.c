#include "scenario/baseline_match.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "scenario/baseline_parts.h"

#define EMULATED "tcg"
#define FACT_MAX 80

/* What is known of a fact on both sides. */
enum agreement {
    AGREE_SAME,
    AGREE_LEFT_UNKNOWN,
    AGREE_RIGHT_UNKNOWN,
    AGREE_NEARLY, /* a difference that is told */
    AGREE_NOT,    /* one that is refused */
};

struct fact {
    const char *name; /* before both of them */
    const char *unit; /* behind the first */
    char left[FACT_MAX], right[FACT_MAX];
    enum agreement agreement;
};

enum { FACTS = 8 };

static const struct baseline_sides sides_of_gate = {"in the baseline", "here"};

/* --- text that is made piece by piece --- */

struct pieces {
    char *text;
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void pieces_add(struct pieces *pieces,
                                                             const char *format, ...)
{
    static const char cut[] = "...";
    size_t room = BASELINE_DIFFERENCE_MAX - pieces->used;
    if (room <= 1)
        return;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(pieces->text + pieces->used, room, format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < room) {
        pieces->used += (size_t)length;
        return;
    }
    memcpy(pieces->text + BASELINE_DIFFERENCE_MAX - sizeof(cut), cut, sizeof(cut));
    pieces->used = BASELINE_DIFFERENCE_MAX - 1;
}

static void pieces_add_fact(struct pieces *pieces, const struct fact *fact,
                            const struct baseline_sides *sides)
{
    pieces_add(pieces, "%s%s%s%s %s, %s %s", pieces->used > 0 ? "; " : "", fact->name, fact->left,
               fact->unit, sides->left, fact->right, sides->right);
}

/* --- facts of an environment --- */

/* Where the second number of a version ends: "6.1" of "6.1.0-18-amd64", "glibc 2.36"; all of a text
 * that has no two numbers. */
static size_t version_length(const char *text)
{
    size_t at = strcspn(text, "0123456789");
    size_t digits = strspn(text + at, "0123456789");
    size_t more = text[at + digits] == '.' ? strspn(text + at + digits + 1, "0123456789") : 0;
    return digits > 0 && more > 0 ? at + digits + 1 + more : strlen(text);
}

static struct fact fact_of_text(const char *name, const char *left, const char *right)
{
    struct fact fact = {.name = name, .unit = ""};
    snprintf(fact.left, sizeof(fact.left), "%s", left);
    snprintf(fact.right, sizeof(fact.right), "%s", right);
    if (strcmp(left, right) == 0)
        fact.agreement = AGREE_SAME;
    else if (left[0] == '\0')
        fact.agreement = AGREE_LEFT_UNKNOWN;
    else
        fact.agreement = right[0] == '\0' ? AGREE_RIGHT_UNKNOWN : AGREE_NOT;
    return fact;
}

static struct fact fact_of_version(const char *name, const char *left, const char *right)
{
    struct fact fact = fact_of_text(name, left, right);
    if (fact.agreement != AGREE_NOT)
        return fact;
    size_t left_length = version_length(fact.left);
    size_t right_length = version_length(fact.right);
    if (left_length == right_length && strncmp(left, right, left_length) == 0) {
        fact.agreement = AGREE_NEARLY;
        return fact;
    }
    fact.left[left_length] = '\0';
    fact.right[right_length] = '\0';
    return fact;
}

static struct fact fact_of_number(const char *name, const char *unit, unsigned left, unsigned right)
{
    char texts[2][16] = {"", ""};
    if (left > 0)
        snprintf(texts[0], sizeof(texts[0]), "%u", left);
    if (right > 0)
        snprintf(texts[1], sizeof(texts[1]), "%u", right);
    struct fact fact = fact_of_text(name, texts[0], texts[1]);
    fact.unit = unit;
    return fact;
}

/* None that is known is the processor's own speed, too: TCG says what it is. */
static struct fact fact_of_accel(const char *left, const char *right)
{
    static const char none[] = "no hypervisor";
    struct fact fact =
        fact_of_text("", left[0] != '\0' ? left : none, right[0] != '\0' ? right : none);
    if (fact.agreement == AGREE_NOT && strcmp(left, EMULATED) != 0 && strcmp(right, EMULATED) != 0)
        fact.agreement = AGREE_NEARLY;
    return fact;
}

static void facts_of(const struct baseline_environment *left,
                     const struct baseline_environment *right, struct fact ret[FACTS])
{
    const struct record_machine *a = &left->machine;
    const struct record_machine *b = &right->machine;
    const struct fact facts[FACTS] = {
        fact_of_version("kernel ", left->kernel, right->kernel),
        fact_of_text("architecture ", a->architecture, b->architecture),
        fact_of_text("driver ", left->driver, right->driver),
        fact_of_accel(left->accel, right->accel),
        fact_of_number("", " CPUs", left->cpus, right->cpus),
        fact_of_version("C library ", a->libc, b->libc),
        fact_of_number("page size ", "", a->page_bytes, b->page_bytes),
        fact_of_text("transparent huge pages ", a->thp, b->thp),
    };
    memcpy(ret, facts, sizeof(facts));
}

bool baseline_match_environment(const struct baseline_environment *left,
                                const struct baseline_environment *right,
                                const struct baseline_sides *sides, char *text)
{
    struct fact facts[FACTS];
    struct pieces pieces = {.text = text};
    text[0] = '\0';
    facts_of(left, right, facts);
    for (size_t i = 0; i < FACTS; i++)
        if (facts[i].agreement == AGREE_NOT)
            pieces_add_fact(&pieces, &facts[i], sides);
    return pieces.used == 0;
}

bool baseline_same_environment(const struct baseline_entry *entry,
                               const struct baseline_environment *now, char *text)
{
    return baseline_match_environment(&entry->environment, now, &sides_of_gate, text);
}

/* --- work --- */

static const char *work_bytes(uint64_t bytes, bool exact, char text[UNITS_TEXT_MAX])
{
    if (bytes == UINT64_MAX)
        snprintf(text, UNITS_TEXT_MAX, "none");
    else if (exact)
        snprintf(text, UNITS_TEXT_MAX, "%" PRIu64 " B", bytes);
    else
        units_format_bytes((double)bytes, text);
    return text;
}

static void work_add_limit(struct pieces *pieces, uint64_t left, uint64_t right,
                           const struct baseline_sides *sides)
{
    char a[UNITS_TEXT_MAX];
    char b[UNITS_TEXT_MAX];
    if (left == right)
        return;
    bool exact = strcmp(work_bytes(left, false, a), work_bytes(right, false, b)) == 0;
    pieces_add(pieces, "limit %s %s, %s %s", work_bytes(left, exact, a), sides->left,
               work_bytes(right, exact, b), sides->right);
}

static void work_add_rate(struct pieces *pieces, double left, double right,
                          const struct baseline_sides *sides)
{
    struct fact fact = {.name = "", .unit = ""};
    if (left >= right && left <= right)
        return;
    snprintf(fact.left, sizeof(fact.left), left > 0 ? "%.10g requests/s" : "no rate", left);
    snprintf(fact.right, sizeof(fact.right), right > 0 ? "%.10g requests/s" : "no rate", right);
    pieces_add_fact(pieces, &fact, sides);
}

bool baseline_match_work(const struct baseline_work *left, const struct baseline_work *right,
                         const struct baseline_sides *sides, char *text)
{
    struct pieces pieces = {.text = text};
    bool both_warm = left->has_warmup && right->has_warmup;
    const struct {
        const char *name;
        uint64_t left, right;
    } counts[] = {
        {"requests of a cycle ", left->cycle_requests, right->cycle_requests},
        {"requests of the warm-up ", both_warm ? left->warmup_requests : 0,
         both_warm ? right->warmup_requests : 0},
        {"concurrency ", left->concurrency, right->concurrency},
        {"least number of cycles ", left->cycles_min, right->cycles_min},
    };
    text[0] = '\0';
    work_add_limit(&pieces, left->limit_bytes, right->limit_bytes, sides);
    for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
        struct fact fact = {.name = counts[i].name, .unit = ""};
        if (counts[i].left == counts[i].right)
            continue;
        snprintf(fact.left, sizeof(fact.left), "%" PRIu64, counts[i].left);
        snprintf(fact.right, sizeof(fact.right), "%" PRIu64, counts[i].right);
        pieces_add_fact(&pieces, &fact, sides);
    }
    work_add_rate(&pieces, left->rate_per_s, right->rate_per_s, sides);
    return pieces.used == 0;
}

bool baseline_same_work(const struct baseline_entry *entry, const struct baseline_work *now,
                        char *text)
{
    return baseline_match_work(&entry->work, now, &sides_of_gate, text);
}

/* --- what is told --- */

/* One more of what a side lacks: "not known in the baseline: architecture", ", page size". */
static void remark_add_name(struct pieces *pieces, const char *name, int length, const char *side,
                            bool first)
{
    if (first)
        pieces_add(pieces, "%snot known %s: %.*s", pieces->used > 0 ? "; " : "", side, length,
                   name);
    else
        pieces_add(pieces, ", %.*s", length, name);
}

static void remark_add_unknown(struct pieces *pieces, const struct fact *facts,
                               enum agreement agreement, bool warmup, const char *side)
{
    static const char of_work[] = "requests of the warm-up";
    bool first = true;
    for (size_t i = 0; i < FACTS; i++) {
        if (facts[i].agreement != agreement)
            continue;
        const char *name = facts[i].name[0] != '\0' ? facts[i].name : facts[i].unit + 1;
        size_t length = strlen(name);
        if (name[length - 1] == ' ')
            length--;
        remark_add_name(pieces, name, (int)length, side, first);
        first = false;
    }
    if (warmup)
        remark_add_name(pieces, of_work, (int)strlen(of_work), side, first);
}

const char *baseline_remark(const struct baseline_entry *entry,
                            const struct baseline_environment *now,
                            const struct baseline_work *now_work, char *text)
{
    struct fact facts[FACTS];
    struct pieces pieces = {.text = text};
    text[0] = '\0';
    facts_of(&entry->environment, now, facts);
    for (size_t i = 0; i < FACTS; i++)
        if (facts[i].agreement == AGREE_NEARLY)
            pieces_add_fact(&pieces, &facts[i], &sides_of_gate);
    bool left_warm = entry->work.has_warmup;
    bool right_warm = now_work != NULL ? now_work->has_warmup : left_warm;
    remark_add_unknown(&pieces, facts, AGREE_LEFT_UNKNOWN, !left_warm && right_warm,
                       sides_of_gate.left);
    remark_add_unknown(&pieces, facts, AGREE_RIGHT_UNKNOWN, left_warm && !right_warm,
                       sides_of_gate.right);
    return text;
}
