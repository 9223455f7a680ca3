#include "cli/terminal_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process.h"

/* What the guard is told. */
#define WORD_SHOWN  's'
#define WORD_HIDDEN 'h'
#define WORD_DONE   'd'

struct terminal_guard {
    struct process process;
    int words_fd;              /* it reads the other end */
    struct termios modes;      /* as they were */
    struct termios view_modes; /* as the view sets them */
};

void terminal_view_modes(struct termios *modes)
{
    modes->c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    modes->c_cc[VMIN] = 0;
    modes->c_cc[VTIME] = 0;
}

/* Are the terminal's modes still those of the view? */
static bool guard_finds_view_modes(const struct terminal_guard *guard)
{
    struct termios now;
    const struct termios *view = &guard->view_modes;
    return tcgetattr(STDOUT_FILENO, &now) == 0 && now.c_lflag == view->c_lflag &&
           now.c_iflag == view->c_iflag && now.c_oflag == view->c_oflag &&
           now.c_cc[VMIN] == view->c_cc[VMIN];
}

static void guard_write(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

/* The guard itself: words on standard input, the terminal is standard output, the text to print
 * comes from standard error. It may only call what is async-signal-safe. */
static int guard_main(void *context)
{
    const struct terminal_guard *guard = context;
    char text[4096];
    char word = WORD_HIDDEN;
    ssize_t length = 0;
    (void)prctl(PR_SET_PDEATHSIG, 0); /* it is there for what comes after its parent's end */
    while ((length = read(STDIN_FILENO, text, sizeof(text))) != 0) {
        if (length > 0)
            word = text[length - 1];
        else if (errno != EINTR)
            break;
    }
    if (word == WORD_DONE)
        return 0;
    if (word == WORD_SHOWN)
        guard_write(TERMINAL_LEAVE, strlen(TERMINAL_LEAVE));
    if (word == WORD_SHOWN && guard_finds_view_modes(guard))
        (void)tcsetattr(STDOUT_FILENO, TCSANOW, &guard->modes);
    while ((length = read(STDERR_FILENO, text, sizeof(text))) > 0)
        guard_write(text, (size_t)length);
    return 0;
}

int terminal_guard_new(int terminal_fd, int text_fd, struct terminal_guard **ret, struct error *err)
{
    CLEANUP(terminal_guard_freep) struct terminal_guard *guard = calloc(1, sizeof(*guard));
    int words[2];
    if (guard == NULL)
        return error_out_of_memory(err);
    guard->process = PROCESS_NONE;
    guard->words_fd = -1;
    if (tcgetattr(terminal_fd, &guard->modes) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot tell the terminal's modes");
    guard->view_modes = guard->modes;
    terminal_view_modes(&guard->view_modes);
    if (pipe2(words, O_CLOEXEC) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a pipe");
    guard->words_fd = words[1];
    CLEANUP(closep) int read_fd = words[0];
    char *argv[] = {(char[]){"terminal guard"}, NULL};
    const struct process_spec spec = {
        .argv = argv,
        .function = guard_main,
        .function_context = guard,
        .stdin_fd = read_fd,
        .stdout_fd = terminal_fd,
        .stderr_fd = text_fd,
    };
    if (process_spawn(&spec, &guard->process, err) < 0)
        return -1;
    *ret = take_ptr(&guard);
    return 0;
}

static void guard_tell(struct terminal_guard *guard, char word)
{
    ssize_t written = write(guard->words_fd, &word, 1);
    (void)written; /* it is gone: then there is no guard */
}

void terminal_guard_note(struct terminal_guard *guard, bool shown)
{
    guard_tell(guard, shown ? WORD_SHOWN : WORD_HIDDEN);
}

void terminal_guard_free(struct terminal_guard *guard)
{
    struct process_end end;
    if (guard == NULL)
        return;
    if (guard->process.pid != 0) {
        guard_tell(guard, WORD_DONE);
        close(take_fd(&guard->words_fd));
        (void)process_wait(&guard->process, clock_now_ns() + NSEC_PER_SEC, &end);
        process_done(&guard->process);
    }
    closep(&guard->words_fd);
    free(guard);
}

void terminal_guard_freep(struct terminal_guard **guard)
{
    terminal_guard_free(*guard);
}
