#include "cli/watch_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "cli/terminal_guard.h"
#include "view/watch_screen.h"

#define FRAME_NS        (100 * NSEC_PER_MSEC)
#define FRAME_MAX_BYTES ((size_t)4 * 1024 * 1024)
/* A run that fails at once need not show a view. */
#define FIRST_FRAME_NS (300 * NSEC_PER_MSEC)
/* No more of standard error than this is kept from the screen. */
#define KEPT_MAX_BYTES ((off_t)65536)
/* What makes a frame appear at once, where a terminal can; the others do not mind. */
#define FRAME_BEGIN "\033[?2026h"
#define FRAME_END   "\033[?2026l"

struct watch_terminal {
    struct watch_settings settings;
    int terminal_fd;
    int signals_fd;
    int wake_fds[2]; /* a pipe: whoever writes wakes the thread */
    sigset_t signals_before;
    struct terminal_guard *guard;
    pthread_t thread;
    bool has_thread;
    nsec_t begin_ns;

    pthread_mutex_t state_lock; /* over what is told: held for moments only */
    struct watch_state state;
    nsec_t waits_ns; /* since when nothing runs */
    bool news;
    bool over;

    /* Over the screen, and all below: held while it is written to. Taken before the other one. */
    pthread_mutex_t screen_lock;
    bool shown;  /* the view is on the screen */
    bool hidden; /* it is not wanted there */
    bool stop_asked;
    struct termios modes_before;
    struct watch_grid grids[2]; /* what is on the screen, and what comes next */
    unsigned current;           /* which of them is on the screen */
    bool fresh;                 /* neither is */
    nsec_t frame_ns;            /* of the last one */
    int error_fd;               /* standard error, as it was */
    int kept_fd;                /* what is written there meanwhile; its offset: printed so far */
    off_t kept_bytes;           /* as much of it as was looked at */
};

bool watch_terminal_obstacle(const struct options *options, char *text, size_t size)
{
    const char *term = getenv("TERM");
    struct winsize window;
    const char *why = NULL;
    if (options->json || options->quiet)
        why = options->json ? "not beside --json" : "not beside --quiet";
    else if (!isatty(STDERR_FILENO))
        why = "standard error is no terminal";
    else if (term == NULL || *term == '\0' || strcmp(term, "dumb") == 0)
        why = "the terminal can show lines only (TERM is dumb, or not set)";
    else if (tcgetpgrp(STDERR_FILENO) != getpgrp())
        why = "the terminal is not ours: this runs in the background, or was detached from it";
    else if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) < 0)
        why = "the terminal does not tell its size";
    if (why != NULL) {
        snprintf(text, size, "%s", why);
        return true;
    }
    if (window.ws_col >= WATCH_SCREEN_COLUMNS_MIN && window.ws_row >= WATCH_SCREEN_ROWS_MIN)
        return false;
    snprintf(text, size, "the terminal has %u columns and %u rows, and %u and %u are needed",
             window.ws_col, window.ws_row, WATCH_SCREEN_COLUMNS_MIN, WATCH_SCREEN_ROWS_MIN);
    return true;
}

static void watch_write(const struct watch_terminal *watch, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(watch->terminal_fd, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* there is no terminal any more: SIGHUP says so to all */
        text += written;
        length -= (size_t)written;
    }
}

static bool watch_is_foreground(const struct watch_terminal *watch)
{
    return tcgetpgrp(watch->terminal_fd) == getpgrp();
}

static void watch_enter(struct watch_terminal *watch)
{
    if (watch->shown || tcgetattr(watch->terminal_fd, &watch->modes_before) < 0)
        return;
    struct termios modes = watch->modes_before;
    terminal_view_modes(&modes);
    terminal_guard_note(watch->guard, true);
    (void)tcsetattr(watch->terminal_fd, TCSANOW, &modes);
    watch_write(watch, TERMINAL_ENTER, strlen(TERMINAL_ENTER));
    watch->shown = watch->fresh = true;
}

static void watch_leave(struct watch_terminal *watch)
{
    if (!watch->shown)
        return;
    watch_write(watch, TERMINAL_LEAVE, strlen(TERMINAL_LEAVE));
    (void)tcflush(watch->terminal_fd, TCIFLUSH); /* keys that were meant for the view */
    (void)tcsetattr(watch->terminal_fd, TCSANOW, &watch->modes_before);
    terminal_guard_note(watch->guard, false);
    watch->shown = false;
}

/* Print what was written to standard error; the view is off the screen. */
static void watch_print_kept(struct watch_terminal *watch)
{
    char text[4096];
    ssize_t length = 0;
    while ((length = read(watch->kept_fd, text, sizeof(text))) > 0)
        watch_write(watch, text, (size_t)length);
    off_t printed = lseek(watch->kept_fd, 0, SEEK_CUR);
    if (printed > 0)
        (void)fallocate(watch->kept_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, printed);
}

/* The last line with anything in it. */
static void watch_note_line(struct watch_state *state, char *text, size_t length)
{
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
        length--;
    text[length] = '\0';
    const char *end = strrchr(text, '\n');
    const char *line = end != NULL ? end + 1 : text;
    snprintf(state->note, sizeof(state->note), "%s", line + strspn(line, " \r"));
}

/* Has anything been written to standard error? Its last line goes into the view; when it is much,
 * all of it onto the screen below. */
static void watch_hear_error(struct watch_terminal *watch)
{
    struct stat status;
    char text[WATCH_NOTE_MAX];
    if (fstat(watch->kept_fd, &status) < 0 || status.st_size == watch->kept_bytes)
        return;
    watch->kept_bytes = status.st_size;
    off_t from = status.st_size - (off_t)sizeof(text) + 1;
    ssize_t length = pread(watch->kept_fd, text, sizeof(text) - 1, from > 0 ? from : 0);
    if (length > 0) {
        pthread_mutex_lock(&watch->state_lock);
        watch_note_line(&watch->state, text, (size_t)length);
        watch->news = true;
        pthread_mutex_unlock(&watch->state_lock);
    }
    if (status.st_size - lseek(watch->kept_fd, 0, SEEK_CUR) <= KEPT_MAX_BYTES && watch->shown)
        return;
    watch_leave(watch);
    watch_print_kept(watch);
}

/* The next sheet, as the state is now. False: nothing has changed, or there is no memory. */
static bool watch_compose(struct watch_terminal *watch, nsec_t now_ns, struct watch_grid *grid)
{
    struct winsize window;
    if (ioctl(watch->terminal_fd, TIOCGWINSZ, &window) < 0)
        return false;
    const struct watch_grid *before = &watch->grids[watch->current];
    unsigned columns = window.ws_col < WATCH_COLUMNS_MAX ? window.ws_col : WATCH_COLUMNS_MAX;
    unsigned rows = window.ws_row < WATCH_ROWS_MAX ? window.ws_row : WATCH_ROWS_MAX;
    bool resized = before->columns != columns || before->rows != rows;
    pthread_mutex_lock(&watch->state_lock);
    struct watch_state *state = &watch->state;
    bool stopping = interrupt_count() > 0;
    if (stopping && !state->stopping) {
        state->stopping = watch->news = true;
        state->paused = false;
    }
    bool news = watch->news || state->n_runs == 0;
    bool draws = watch->fresh || resized || (news && !state->paused);
    state->waited_ns = now_ns - watch->waits_ns;
    draws = draws && watch_grid_reset(grid, columns, rows, watch->settings.utf8, NULL) == 0;
    if (draws)
        watch_screen_draw(state, grid);
    watch->news = watch->news && !draws;
    pthread_mutex_unlock(&watch->state_lock);
    return draws;
}

static void watch_draw(struct watch_terminal *watch, nsec_t now_ns)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(FRAME_MAX_BYTES);
    struct watch_grid *before = &watch->grids[watch->current];
    struct watch_grid *after = &watch->grids[1 - watch->current];
    if (watch->hidden || !watch_is_foreground(watch))
        return;
    watch_enter(watch);
    if (!watch->shown || !watch_compose(watch, now_ns, after))
        return;
    watch->frame_ns = now_ns;
    (void)buffer_append_text(&text, FRAME_BEGIN, NULL);
    size_t begin = text.length;
    if (watch_grid_difference(watch->fresh ? NULL : before, after, watch->settings.color, &text,
                              NULL) == 0 &&
        text.length > begin && buffer_append_text(&text, FRAME_END, NULL) == 0)
        watch_write(watch, text.data, text.length);
    watch->fresh = false;
    watch->current = 1 - watch->current;
}

/* How long what an arrow or another key sends is that is no letter: ESC [ … and its last byte, or
 * ESC O and one; else it was the escape key. */
static ssize_t watch_sequence_length(const char *keys, ssize_t length)
{
    if (length < 2 || (keys[1] != '[' && keys[1] != 'O'))
        return 1;
    ssize_t end = 2;
    while (keys[1] == '[' && end < length && (keys[end] < '@' || keys[end] > '~'))
        end++;
    return end + 1;
}

/* Keys that mean nothing are nobody's. */
static void watch_hear_keys(struct watch_terminal *watch)
{
    char keys[64];
    ssize_t length = read(watch->terminal_fd, keys, sizeof(keys));
    for (ssize_t i = 0; i < length; i++) {
        if (keys[i] == '\033')
            i += watch_sequence_length(keys + i, length - i) - 1;
        else if ((keys[i] == 'q' || keys[i] == 'Q') && !watch->stop_asked) {
            watch->stop_asked = true;
            if (interrupt_count() == 0)
                (void)kill(getpid(), SIGINT);
        } else if (keys[i] == 'p' || keys[i] == ' ') {
            pthread_mutex_lock(&watch->state_lock);
            watch->state.paused = !watch->state.paused;
            pthread_mutex_unlock(&watch->state_lock);
            watch->fresh = true;
        }
    }
}

static void watch_job_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTSTP);
    sigaddset(signals, SIGCONT);
    sigaddset(signals, SIGWINCH);
}

/* Stop, as the default action has it: the shell has the terminal as it was. */
static void watch_suspend(struct watch_terminal *watch)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    watch_leave(watch);
    watch_print_kept(watch);
    (void)pthread_kill(pthread_self(), SIGTSTP);
    (void)pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
    (void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
}

static void watch_hear_signals(struct watch_terminal *watch)
{
    struct signalfd_siginfo heard;
    while (read(watch->signals_fd, &heard, sizeof(heard)) == (ssize_t)sizeof(heard)) {
        if (heard.ssi_signo == SIGTSTP)
            watch_suspend(watch);
        else if (heard.ssi_signo == SIGCONT && watch->shown && watch_is_foreground(watch)) {
            /* Stopped by a signal that nobody can hear: the shell has set its own modes. */
            watch_leave(watch);
        }
    }
}

/* Is it over? */
static bool watch_turn(struct watch_terminal *watch)
{
    struct pollfd heard[] = {
        {.fd = watch->wake_fds[0], .events = POLLIN},
        {.fd = watch->signals_fd, .events = POLLIN},
        {.fd = watch->shown ? watch->terminal_fd : -1, .events = POLLIN},
    };
    (void)poll(heard, ARRAY_LENGTH(heard), (int)(FRAME_NS / NSEC_PER_MSEC));
    pthread_mutex_lock(&watch->state_lock);
    bool over = watch->over;
    bool waits = watch->state.n_runs == 0 && watch->state.n_done == 0;
    pthread_mutex_unlock(&watch->state_lock);
    if (over)
        return true;

    pthread_mutex_lock(&watch->screen_lock);
    nsec_t now_ns = clock_now_ns();
    if ((heard[1].revents & POLLIN) != 0)
        watch_hear_signals(watch);
    if ((heard[2].revents & POLLIN) != 0 && watch->shown && watch_is_foreground(watch))
        watch_hear_keys(watch);
    watch_hear_error(watch);
    bool early = waits && now_ns - watch->begin_ns < FIRST_FRAME_NS;
    if (!early && (watch->fresh || now_ns - watch->frame_ns >= FRAME_NS))
        watch_draw(watch, now_ns);
    pthread_mutex_unlock(&watch->screen_lock);
    return false;
}

static void *watch_thread(void *context)
{
    struct watch_terminal *watch = context;
    while (!watch_turn(watch))
        continue;
    return NULL;
}

/* Standard error into a file without a name. */
static int watch_keep_error(struct watch_terminal *watch, struct error *err)
{
    char path[64];
    watch->kept_fd = memfd_create("leakcage-stderr", MFD_CLOEXEC);
    watch->error_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (watch->kept_fd < 0 || watch->error_fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot keep standard error");
    /* Another open file: writing must not move the offset of what has been printed. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", watch->kept_fd);
    CLEANUP(closep) int append_fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (append_fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot keep standard error");
    if (terminal_guard_new(watch->terminal_fd, watch->kept_fd, &watch->guard, err) < 0)
        return -1;
    fflush(stderr);
    if (dup2(append_fd, STDERR_FILENO) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot keep standard error");
    return 0;
}

/* The thread hears no signal but through its descriptor, and the other threads those that the
 * program counts. */
static int watch_begin_thread(struct watch_terminal *watch, struct error *err)
{
    sigset_t jobs;
    sigset_t all;
    sigset_t before;
    watch_job_signals(&jobs);
    pthread_sigmask(SIG_BLOCK, &jobs, NULL);
    watch->signals_fd = signalfd(-1, &jobs, SFD_CLOEXEC | SFD_NONBLOCK);
    if (watch->signals_fd < 0 || pipe2(watch->wake_fds, O_CLOEXEC | O_NONBLOCK) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot follow the terminal");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&watch->thread, NULL, watch_thread, watch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    watch->has_thread = status == 0;
    return status == 0
               ? 0
               : error_set_errno(err, ERROR_INTERNAL, status, "cannot start the view's thread");
}

int watch_terminal_new(const struct watch_settings *settings, struct watch_terminal **ret,
                       struct error *err)
{
    struct watch_terminal *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return error_out_of_memory(err);
    watch->settings = *settings;
    watch->signals_fd = watch->wake_fds[0] = watch->wake_fds[1] = -1;
    watch->error_fd = watch->kept_fd = -1;
    watch->begin_ns = watch->waits_ns = clock_now_ns();
    watch->state.several = settings->several;
    watch->state.n_planned = settings->n_planned;
    snprintf(watch->state.driver, sizeof(watch->state.driver), "%s", settings->driver);
    snprintf(watch->state.title, sizeof(watch->state.title), "%s",
             settings->title != NULL ? settings->title : "leakcage");
    pthread_mutex_init(&watch->state_lock, NULL);
    pthread_mutex_init(&watch->screen_lock, NULL);
    pthread_sigmask(SIG_BLOCK, NULL, &watch->signals_before);
    watch->terminal_fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (watch->terminal_fd < 0)
        (void)error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open /dev/tty");
    else if (watch_keep_error(watch, err) == 0 && watch_begin_thread(watch, err) == 0) {
        *ret = watch;
        return 0;
    }
    watch_terminal_free(watch);
    return -1;
}

static void watch_wake(struct watch_terminal *watch)
{
    ssize_t written = write(watch->wake_fds[1], "", 1);
    (void)written; /* full: it will wake */
}

void watch_terminal_free(struct watch_terminal *watch)
{
    if (watch == NULL)
        return;
    if (watch->has_thread) {
        pthread_mutex_lock(&watch->state_lock);
        watch->over = true;
        pthread_mutex_unlock(&watch->state_lock);
        watch_wake(watch);
        pthread_join(watch->thread, NULL);
    }
    watch_leave(watch);
    if (watch->guard != NULL) {
        fflush(stderr);
        (void)dup2(watch->error_fd, STDERR_FILENO);
        watch_print_kept(watch);
    }
    terminal_guard_free(watch->guard);
    pthread_sigmask(SIG_SETMASK, &watch->signals_before, NULL);
    const int fds[] = {watch->terminal_fd, watch->signals_fd, watch->wake_fds[0],
                       watch->wake_fds[1], watch->error_fd,   watch->kept_fd};
    for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
        closep(&fds[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(watch->grids); i++)
        watch_grid_done(&watch->grids[i]);
    watch_state_done(&watch->state);
    pthread_mutex_destroy(&watch->state_lock);
    pthread_mutex_destroy(&watch->screen_lock);
    free(watch);
}

void watch_terminal_progress(struct watch_terminal *watch, const struct run_progress *progress)
{
    pthread_mutex_lock(&watch->state_lock);
    (void)watch_state_progress(&watch->state, progress, NULL);
    watch->news = true;
    pthread_mutex_unlock(&watch->state_lock);
}

void watch_terminal_record(struct watch_terminal *watch, const struct record *record)
{
    pthread_mutex_lock(&watch->state_lock);
    watch_state_record(&watch->state, record);
    watch->waits_ns = clock_now_ns();
    watch->news = true;
    pthread_mutex_unlock(&watch->state_lock);
}

void watch_terminal_hide(struct watch_terminal *watch)
{
    pthread_mutex_lock(&watch->screen_lock);
    watch->hidden = true;
    watch_leave(watch);
    watch_print_kept(watch);
    pthread_mutex_unlock(&watch->screen_lock);
}

void watch_terminal_show(struct watch_terminal *watch)
{
    pthread_mutex_lock(&watch->screen_lock);
    watch->hidden = false;
    watch_draw(watch, clock_now_ns());
    pthread_mutex_unlock(&watch->screen_lock);
}
