#include "serve/serve_command.h"

#include <poll.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "base/libc.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "serve/serve_server.h"

#define MMAP_BYTES ((size_t)128 * 1024)
#define WAIT_MS    100

int command_serve(const struct options *options, struct error *err)
{
    CLEANUP(console_done) struct console console;
    CLEANUP(serve_server_stopp) struct serve_server *server = NULL;
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(4096);
    console_init(&console, options);
    if (options->operands[0] == NULL)
        return error_set(err, ERROR_USAGE,
                         "no folder of results given: leakcage serve RESULT_DIR...");
    /* Threads come and go with connections: an arena of its own for each would keep what one page
     * took, and so would a threshold that moves with the largest. */
    libc_keep_little(MMAP_BYTES);
    if (serve_server_start(options->operands, options->port, &server, err) < 0 ||
        buffer_printf(&line, err, "%s\n", serve_server_url(server)) < 0 ||
        console_print(&console, buffer_text(&line), err) < 0)
        return -1;
    if (isatty(STDERR_FILENO))
        console_say(&console, "who has this address sees the results, on this machine alone; "
                              "Ctrl-C stops");
    while (interrupt_count() == 0)
        (void)poll(NULL, 0, WAIT_MS);
    return EXIT_AS_EXPECTED;
}
