#pragma once
/* The main() of a unit test: CHECK_MAIN(suite) runs the suite that `Suite *suite(void)` returns,
 * each test in a child process unless CK_FORK=no, and exits 1 when one fails. */
#include <check.h>
#include <stdlib.h>

#define CHECK_MAIN(suite_fn)                              \
    int main(void)                                        \
    {                                                     \
        SRunner *runner = srunner_create(suite_fn());     \
        srunner_run_all(runner, CK_ENV);                  \
        int failed = srunner_ntests_failed(runner);       \
        srunner_free(runner);                             \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE; \
    }                                                     \
    _Static_assert(1, "ends with a semicolon")
