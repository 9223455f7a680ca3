#include "tests/support/ci_cases.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

#define CI_CASES_TEXT_MAX ((size_t)64 * 1024 * 1024)

const char ci_cases_hostile[] =
    "<script>alert('1')</script> & \"quoted\" \\ ]]> 100%\r\n"
    "::set-output name=x::y\n"
    "::error file=a,line=1::no\x1b[31mred\x01\x7f\t\xff\xc3 \xef\xbf\xbe \xe2\x80\xae,c: d";

void ci_cases_init(struct ci_cases *ret)
{
    *ret = (struct ci_cases){
        .metrics = {{.name = "floor_bytes",
                     .unit = "bytes",
                     .help = "What is in use at rest",
                     .value = 4404019,
                     .has_baseline = true,
                     .baseline = 4194304,
                     .has_allowed = true,
                     .allowed = 131072},
                    {.name = "threads", .help = "Threads after the load", .value = 17}},
        .cases =
            {
                {.id = "json-tree",
                 .status = CI_PASSED,
                 .message = "as in the baseline",
                 .verdict = "clean",
                 .duration_ns = 9 * NSEC_PER_SEC,
                 .n_metrics = 2},
                {.id = "json-tree.fixed [race+jemalloc]",
                 .variant = "fixed",
                 .build = "race",
                 .allocator = "jemalloc",
                 .status = CI_FAILED,
                 .rule = "floor",
                 .message = "floor +5.0 % (4.0 to 4.2 MiB; +3 % is allowed)",
                 .details = "floor: 4.0 MiB in the baseline, 4.2 MiB now\nresult: results/a",
                 .verdict = "leak",
                 .cause = "heap",
                 .duration_ns = 12500 * NSEC_PER_MSEC,
                 .line = 7,
                 .n_metrics = 2},
                {.id = "json-tree.new",
                 .variant = "new",
                 .status = CI_ERROR,
                 .rule = "baseline-missing",
                 .message = "the baseline has no such case"},
                {.id = "json-tree.slow",
                 .variant = "slow",
                 .status = CI_UNDECIDED,
                 .rule = "undecided",
                 .message = "2 of 4 runs are inconclusive"},
                {.id = "json-tree.gone",
                 .variant = "gone",
                 .status = CI_SKIPPED,
                 .message = "in the baseline only"},
            },
        .report = {.name = "leakcage gate", .version = "0.1.0", .summary = "1 of 5 regressed"},
    };
    for (size_t i = 0; i < CI_CASES_N; i++) {
        ret->cases[i].scenario = "json-tree";
        ret->cases[i].file = "./scenarios/json-tree.json";
        ret->cases[i].metrics = ret->cases[i].n_metrics > 0 ? ret->metrics : NULL;
    }
    ret->report.cases = ret->cases;
    ret->report.n_cases = CI_CASES_N;
}

void ci_cases_init_hostile(struct ci_cases *ret)
{
    static char ids[CI_CASES_N][sizeof(ci_cases_hostile) + 16];
    ci_cases_init(ret);
    ret->report.name = ci_cases_hostile;
    ret->report.summary = ci_cases_hostile;
    for (size_t i = 0; i < CI_CASES_N; i++) {
        struct ci_case *item = &ret->cases[i];
        snprintf(ids[i], sizeof(ids[i]), "%zu%s", i, ci_cases_hostile);
        item->id = ids[i];
        item->scenario = ci_cases_hostile;
        item->variant = ids[i];
        item->build = item->allocator = item->run = ci_cases_hostile;
        item->file = ci_cases_hostile;
        item->rule = i == 1 ? ci_cases_hostile : item->rule;
        item->message = item->details = item->remark = ci_cases_hostile;
        item->verdict = item->cause = ci_cases_hostile;
        item->line = (unsigned)i;
    }
}

char *ci_cases_write(ci_cases_writer write, const struct ci_report *report, const char *name)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(CI_CASES_TEXT_MAX);
    struct error err = {0};
    const char *folder = getenv("LEAKCAGE_KEEP_CI");
    char path[4096];
    ck_assert_msg(write(report, &out, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(strlen(buffer_text(&out)), out.length);
    snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : "", name);
    if (folder != NULL)
        ck_assert_msg(file_write_atomic(AT_FDCWD, path, out.data, out.length, &err) == 0, "%s",
                      err.text);
    return strdup(buffer_text(&out));
}
