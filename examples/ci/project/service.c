/* An HTTP service in one screen: it remembers its last visitors. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { VISITORS = 64, NAME_BYTES = 1024 };

static char *visitors[VISITORS];

static void remember(unsigned long number)
{
    char *name = malloc(NAME_BYTES);
    if (name == NULL)
        return;
    memset(name, '.', NAME_BYTES);
    snprintf(name, NAME_BYTES, "visitor %lu", number);
    free(visitors[number % VISITORS]);
    visitors[number % VISITORS] = name;
}

/* One connection, as many requests as it brings. */
static void serve(int connection)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
    static unsigned long number;
    char request[4096];
    size_t length = 0;
    ssize_t part = 0;
    while ((part = read(connection, request + length, sizeof(request) - 1 - length)) > 0) {
        length += (size_t)part;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n") == NULL)
            continue;
        remember(number++);
        if (write(connection, answer, sizeof(answer) - 1) < 0)
            return;
        length = 0;
    }
}

int main(int argc, char **argv)
{
    const int one = 1;
    const int port = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 8080;
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                        .sin_port = htons((in_port_t)port)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    signal(SIGPIPE, SIG_IGN);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(listener, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(listener, 64) < 0) {
        perror("service");
        return 1;
    }
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        serve(connection);
        close(connection);
    }
}
