/* leakcage: options, plan, driver, session, reports, exit status. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "cli/bisect.h"
#include "cli/build_facts.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/explain_command.h"
#include "cli/run_command.h"
#include "cli/vm_command.h"
#include "compare/compare_command.h"
#include "gate/gate_command.h"
#include "serve/serve_command.h"

static int main_dispatch(const struct options *options, struct error *err)
{
    switch (options->command) {
    case COMMAND_RUN:
        return command_run(options, err);
    case COMMAND_COMPARE:
        return command_compare(options, err);
    case COMMAND_GATE:
        return command_gate(options, err);
    case COMMAND_EXPLAIN:
        return command_explain(options, err);
    case COMMAND_JUDGE:
        return command_judge(options, err);
    case COMMAND_REPORT:
        return command_report(options, err);
    case COMMAND_LIST:
        return command_list(options, err);
    case COMMAND_SHOW:
        return command_show(options, err);
    case COMMAND_SERVE:
        return command_serve(options, err);
    case COMMAND_DOCTOR:
        return command_doctor(options, err);
    case COMMAND_CLEAN:
        return command_clean(options, err);
    case COMMAND_VM:
        return command_vm(options, err);
    case COMMAND_GUEST:
        return command_guest(options, err);
    case COMMAND_COMPLETE:
        return command_complete(options, err);
    case COMMAND_HELP:
        options_print_help(stdout);
        return EXIT_AS_EXPECTED;
    case COMMAND_VERSION:
        build_facts_print(&build_facts, curl_version_info(CURLVERSION_NOW)->version, stdout);
        return EXIT_AS_EXPECTED;
    }
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    interrupt_install();
    curl_global_init(CURL_GLOBAL_DEFAULT);

    bool bisect = bisect_is_asked(argc, (const char *const *)argv);
    int status = options_parse(argc, argv, &options, &err);
    if (status == 0)
        status = bisect_check_options(&options, &err);
    if (status == 0)
        status = main_dispatch(&options, &err);
    if (status < 0) {
        console_error(&err);
        status = bisect ? bisect_end_of_error(&options, &err) : (int)exit_status_of_error(err.kind);
    }
    curl_global_cleanup();
    if (fflush(stdout) != 0 || ferror(stdout)) {
        error_set_errno(&err, ERROR_ENVIRONMENT, errno, "cannot write standard output");
        console_error(&err);
        return bisect ? bisect_end_of_error(&options, &err) : EXIT_ENVIRONMENT;
    }
    return status;
}
