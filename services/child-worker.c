/* child-worker: the process that leaks is not the one that was started.
 *
 * A parent that accepts requests and a worker that does the work, as nginx, gunicorn and php-fpm
 * do. Who watches the process he started sees nothing at all; the limit counts both.
 *
 *   default  the worker keeps 1 KiB of every job
 *   fixed    the mend: it keeps nothing */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/service.h"

enum { JOB_BYTES = 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int worker;

/* The worker: one byte in, one byte out, until the parent is gone. */
static _Noreturn void work_for_ever(int fd, bool mended)
{
    struct job {
        struct job *next;
        char text[JOB_BYTES - sizeof(struct job *)];
    } *jobs = NULL;
    char byte;

    prctl(PR_SET_NAME, "job-worker");
    while (read(fd, &byte, 1) == 1) {
        struct job *job = malloc(sizeof *job); /* planted: default */

        if (job) {
            memset(job->text, 'j', sizeof job->text);
            job->next = jobs;
            if (mended)
                free(job);
            else
                jobs = job; /* the mistake: the list of jobs done is never read */
        }
        if (write(fd, job ? "y" : "n", 1) != 1)
            break;
    }
    _exit(EXIT_SUCCESS);
}

static int init(const char *variant)
{
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 || (pid = fork()) < 0) {
        perror("child-worker: cannot start the worker");
        return -1;
    }
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        work_for_ever(ends[1], strcmp(variant, "fixed") == 0);
    }
    close(ends[1]);
    worker = ends[0];
    return 0;
}

static void work(const struct request *request, struct response *response)
{
    char answer = 'n';
    bool done;

    (void)request;
    pthread_mutex_lock(&lock);
    done = write(worker, "j", 1) == 1 && read(worker, &answer, 1) == 1 && answer == 'y';
    pthread_mutex_unlock(&lock);
    if (done)
        response_printf(response, "{\"worker\":\"done\"}\n");
    else
        response_fail(response, 503, "the worker is gone");
}

static const struct service service = {
    .name = "child-worker",
    .truths = {{"default", "leak", "heap", "/work", 1024, 1200, "work_for_ever"},
               {"fixed", "clean", "none", "/work", 0, 0, NULL}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
