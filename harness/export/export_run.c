#include "export/export_run.h"

const char *export_run_build(const struct export_run *run)
{
    return run->record->build[0] != '\0' ? run->record->build : "plain";
}
