#pragma once
/* What the tests of the library share: where they cannot be run, and what a check leaves behind. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/owner.h"
#include "library/leakcage.h"
#include "memory/cgroup.h"

#define EXIT_SKIPPED 77

static int judged_nothing(void *context)
{
    (void)context;
    return 0;
}

/* Ends the program where the library says that it cannot be used. */
static inline void judged_skip_where_unavailable(void)
{
    struct cgroup_base base;
    struct error why = {.kind = ERROR_NONE};
    struct leakcage_result result;
    if (cgroup_base_open(true, &base, &why) == 0)
        return;
    /* Not silently: it is neither a pass, nor anything measured. */
    if (leakcage_check(judged_nothing, NULL, NULL, &result) != 1 ||
        result.verdict != LEAKCAGE_UNAVAILABLE || result.calls != 0) {
        fprintf(stderr, "expected unavailable: %s\n", result.reason);
        exit(EXIT_FAILURE);
    }
    fprintf(stderr, "skipped: %s\n", result.reason);
    exit(EXIT_SKIPPED);
}

/* No group of this process, and no child. */
static inline void judged_nothing_left(void)
{
    struct cgroup_base base;
    char name[OWNER_NAME_MAX];
    ck_assert_int_eq(cgroup_base_open(true, &base, NULL), 0);
    ck_assert_int_eq(owner_name(name, NULL), 0);
    CLEANUP(freep) char *path = file_join(base.path, name);
    ck_assert_msg(!file_exists(AT_FDCWD, path), "%s is left", path);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

/* The main() of such a test, with this suite. */
static inline int judged_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
