#include "serve/serve_command.h"

int command_serve(const struct options *options, struct error *err)
{
    (void)options;
    return error_set(err, ERROR_ENVIRONMENT, "serve: this build has no server");
}
