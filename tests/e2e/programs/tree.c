/* An HTTP service in one screen, for throw-away repositories: it parses a document of a new shape
 * for every request, and frees it. Its race build leaks, for the detector keeps every distinct
 * stack that it saw an allocation at; another build of it leaks when a line below is taken out. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct node {
    struct node *first, *second;
};

static struct node *parse_list(uint64_t *document, int depth);

static int next(uint64_t *document)
{
    *document = *document * 6364136223846793005U + 1442695040888963407U;
    return (int)(*document >> 60);
}

static __attribute__((noinline)) struct node *parse_pair(uint64_t *document, int depth)
{
    struct node *node = calloc(1, sizeof(*node));
    if (node == NULL || depth == 32)
        return node;
    node->second =
        next(document) < 8 ? parse_pair(document, depth + 1) : parse_list(document, depth + 1);
    return node;
}

static __attribute__((noinline)) struct node *parse_list(uint64_t *document, int depth)
{
    struct node *node = calloc(1, sizeof(*node));
    if (node == NULL || depth == 32)
        return node;
    node->first =
        next(document) < 8 ? parse_list(document, depth + 1) : parse_pair(document, depth + 1);
    return node;
}

static void free_tree(struct node *node)
{
    if (node == NULL)
        return;
    free_tree(node->first);
    free_tree(node->second);
    free(node);
}

/* The client closes first: who does so keeps the port for a while. */
static void serve(int connection, uint64_t number)
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
        uint64_t document = number * 2654435761U;
        free_tree(parse_list(&document, 0));
        if (write(connection, answer, sizeof(answer) - 1) < 0)
            return;
        length = 0;
    }
}

int main(void)
{
    const char *port = getenv("PORT");
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
    for (uint64_t number = 1;; number++) {
        int connection = accept(listener, NULL, NULL);
        serve(connection, number);
        close(connection);
    }
}
