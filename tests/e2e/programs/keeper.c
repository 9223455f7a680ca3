/* An HTTP service in one screen that keeps 1 KiB of every request, for tests of what looks into
 * programs: built in many ways, and run in many.
 *
 *   keeper               it keeps them itself
 *   keeper workers       two processes that it forks do
 *   keeper hides         it keeps nothing when heaptrack is in the process
 *   keeper shows         it keeps nothing unless that is so */
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct note {
    struct note *next;
    char text[1024 - sizeof(struct note *)];
};

static struct note *volatile notes;
static bool keeps = true;

__attribute__((noinline)) void remember(char letter)
{
    struct note *note = malloc(sizeof(*note)); /* planted: keeper */
    if (note == NULL)
        return;
    memset(note->text, letter, sizeof(note->text));
    note->next = notes;
    notes = note;
}

/* The client closes first: who does so keeps the port for a while. */
__attribute__((noinline)) void serve(int connection)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    char text[4096];
    size_t length = 0;
    ssize_t part = 0;
    while ((part = read(connection, text + length, sizeof(text) - 1 - length)) > 0) {
        length += (size_t)part;
        text[length] = '\0';
        if (strstr(text, "\r\n\r\n") == NULL)
            continue;
        if (keeps)
            remember(text[0]);
        if (write(connection, answer, sizeof(answer) - 1) < 0)
            return;
        length = 0;
    }
}

/* The environment does not tell: heaptrack takes itself out of LD_PRELOAD. */
static bool is_looked_at(void)
{
    char line[512];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL)
        found |= strstr(line, "libheaptrack") != NULL;
    if (maps != NULL)
        fclose(maps);
    return found;
}

static void fork_workers(void)
{
    for (int i = 0; i < 2; i++) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            return;
        }
    }
    while (true)
        pause();
}

int main(int argc, char **argv)
{
    const char *port = getenv("PORT"), *mode = argc > 1 ? argv[1] : "";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)atoi(port != NULL ? port : "0"))};
    int one = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    signal(SIGPIPE, SIG_IGN);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(listener, 64) < 0)
        return 3;
    if (strcmp(mode, "hides") == 0)
        keeps = !is_looked_at();
    else if (strcmp(mode, "shows") == 0)
        keeps = is_looked_at();
    else if (strcmp(mode, "workers") == 0)
        fork_workers();
    while (true) {
        int connection = accept(listener, NULL, NULL);
        serve(connection);
        close(connection);
    }
}
