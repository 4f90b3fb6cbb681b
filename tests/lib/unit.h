/* What every unit test needs: Check, with its results as TAP on stdout so that
 * prove can run it. A file lists its tests in one GK_UNIT_MAIN. Names of tests
 * are sentences. */
#ifndef GK_TESTS_UNIT_H
#define GK_TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

/* GK_UNIT_MAIN("date", tests...): a main that runs the tests. */
#define GK_UNIT_MAIN(name, ...)                                                                    \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        Suite *suite = suite_create(name);                                                         \
        TCase *tcase = tcase_create(name);                                                         \
        tcase_set_timeout(tcase, 300);                                                             \
        for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)                                  \
            tcase_add_test(tcase, tests[i]);                                                       \
        suite_add_tcase(suite, tcase);                                                             \
        SRunner *runner = srunner_create(suite);                                                   \
        srunner_set_tap(runner, "-");                                                              \
        srunner_run_all(runner, CK_SILENT);                                                        \
        int failed = srunner_ntests_failed(runner);                                                \
        srunner_free(runner);                                                                      \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                          \
    }

#endif
