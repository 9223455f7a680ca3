#include "cli/exit_status.h"

enum exit_status exit_status_of_error(enum error_kind kind)
{
    switch (kind) {
    case ERROR_NONE:
        return EXIT_AS_EXPECTED;
    case ERROR_USAGE:
        return EXIT_USAGE;
    case ERROR_SERVICE:
        return EXIT_SERVICE;
    case ERROR_INTERRUPTED:
        return EXIT_INTERRUPTED;
    case ERROR_ENVIRONMENT:
    case ERROR_INTERNAL:
        break;
    }
    return EXIT_ENVIRONMENT;
}

enum exit_status exit_status_of_record(const struct record *record)
{
    switch (record->outcome) {
    case OUTCOME_PASS:
        return EXIT_AS_EXPECTED;
    case OUTCOME_FAIL:
        return EXIT_OTHER_VERDICT;
    case OUTCOME_UNDECIDED:
        return EXIT_INCONCLUSIVE;
    default:
        return exit_status_of_error(record->error.kind);
    }
}

enum exit_status exit_status_worse(enum exit_status a, enum exit_status b)
{
    /* From bad to worse. */
    static const enum exit_status order[] = {
        EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE, EXIT_OTHER_VERDICT, EXIT_SERVICE,
        EXIT_ENVIRONMENT, EXIT_USAGE,        EXIT_INTERRUPTED,
    };
    enum exit_status worst = EXIT_AS_EXPECTED;
    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (order[i] == a || order[i] == b)
            worst = order[i];
    return worst;
}
