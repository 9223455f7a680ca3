/* The local page's server as whoever can connect sees it (serve/serve_server.h): the bytes of an
 * input are sent to one that serves a result, "TOKEN" replaced by its token. Who does not say the
 * token learns nothing; whatever is said, it answers or hangs up, and goes on. libFuzzer's timer is
 * a signal that comes at any time. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "serve/serve_door.h"
#include "serve/serve_server.h"
#include "tests/fuzz/fuzz.h"

#define ANSWER_MAX 65536
/* Who says half a request may wait for half a minute (serve_server.c has the bound): it is not
 * waited for. */
#define ANSWER_WAIT_MS 50
/* After so many inputs a plain request is answered, and it may take this long. */
#define INPUTS_BETWEEN 256
#define PLAIN_WAIT_MS  60000
/* Ports of one wait for a minute before it is their turn again, also at 10,000 inputs a second. */
#define ADDRESSES 1000
#define SECRET    "a-name-that-only-the-list-says"

static struct serve_server *server;
static char token[SERVE_TOKEN_LENGTH + 1];
static unsigned port;

static void set_up(void)
{
    static const char result[] = "{\"schema\": \"leakcage.result/1\", \"id\": \"" SECRET
                                 "\", \"verdict\": \"leak\", \"cause\": \"heap\"}";
    static const char *folders[2];
    struct error err = {.kind = ERROR_NONE};
    fuzz_write("results/a/result.json", result, sizeof(result) - 1);
    folders[0] = fuzz_folder();
    FUZZ_REQUIRE(serve_server_start(folders, 0, &server, &err) == 0);
    FUZZ_REQUIRE(sscanf(serve_server_url(server), "http://127.0.0.1:%u/%32s", &port, token) == 2);
}

/* Send all; the rest of what cannot be sent is nobody's loss. */
static void say(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, text, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        text += n;
        length -= (size_t)n;
    }
}

/* Is the token said anywhere? Not with memmem: libFuzzer learns what that looks for, and would say
 * the token itself. */
static bool says_token(const char *text, size_t length)
{
    for (size_t at = 0; at + SERVE_TOKEN_LENGTH <= length; at++) {
        size_t same = 0;
        while (same < SERVE_TOKEN_LENGTH && text[at + same] == token[same])
            same++;
        if (same == SERVE_TOKEN_LENGTH)
            return true;
    }
    return false;
}

/* The input with the token in it. Malloc'd. */
static char *fill_in(const uint8_t *data, size_t size, size_t *ret_length)
{
    char *text = malloc(size / 5 * SERVE_TOKEN_LENGTH + size + 1);
    size_t length = 0;
    FUZZ_REQUIRE(text != NULL);
    for (size_t i = 0; i < size;) {
        if (size - i >= 5 && memcmp(data + i, "TOKEN", 5) == 0) {
            memcpy(text + length, token, SERVE_TOKEN_LENGTH);
            length += SERVE_TOKEN_LENGTH;
            i += 5;
        } else {
            text[length++] = (char)data[i++];
        }
    }
    *ret_length = length;
    return text;
}

/* All that is answered, up to ANSWER_MAX. */
static size_t listen_to(int fd, int wait_ms, char *answer)
{
    size_t length = 0;
    while (length < ANSWER_MAX) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int ready = poll(&wait, 1, wait_ms);
        ssize_t n = ready == 1 ? recv(fd, answer + length, ANSWER_MAX - length, 0) : ready;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        length += (size_t)n;
    }
    answer[length] = '\0';
    return length;
}

/* connect(2), which a signal does not end: it is only waited for no more. */
static int connect_wholly(int fd, const struct sockaddr_in *address)
{
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
        return 0;
    if (errno != EINTR)
        return -1;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    while (poll(&wait, 1, PLAIN_WAIT_MS) < 0 && errno == EINTR)
        ;
    int failure = 0;
    socklen_t size = sizeof(failure);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0)
        return -1;
    errno = failure;
    return failure == 0 ? 0 : -1;
}

/* Connected from another loopback address each time (127.1.0.1 and up): a port waits for a minute
 * after who hung up first, and one address has 28,000 of them, which are 10 s of inputs. */
static int connect_to_server(void)
{
    static uint32_t n_connections;
    struct sockaddr_in from = {
        .sin_family = AF_INET,
        .sin_addr = {.s_addr = htonl(0x7f010001 + n_connections++ % ADDRESSES)}};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
        connect_wholly(fd, &address) < 0) {
        fprintf(stderr, "no connection to the server, after %u: %s\n", (unsigned)n_connections,
                strerror(errno));
        abort();
    }
    return fd;
}

/* Say it on a connection of its own. Returns how long the answer is. */
static size_t ask(const char *text, size_t length, int wait_ms, char *answer)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    CLEANUP(closep) int fd = connect_to_server();
    say(fd, text, length);
    (void)shutdown(fd, SHUT_WR);
    size_t answered = listen_to(fd, wait_ms, answer);
    /* Closed with a reset: who still streams notices at once. */
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    return answered;
}

/* Does it go on? */
static void check_plain(char *answer)
{
    char text[256];
    int length = snprintf(text, sizeof(text),
                          "GET /%s/ HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n",
                          token, port);
    size_t answered = ask(text, (size_t)length, PLAIN_WAIT_MS, answer);
    FUZZ_REQUIRE(strncmp(answer, "HTTP/1.1 200 OK", 15) == 0);
    FUZZ_REQUIRE(memmem(answer, answered, SECRET, strlen(SECRET)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char answer[ANSWER_MAX + 1];
    static unsigned n_inputs;
    size_t length = 0;
    if (server == NULL)
        set_up();
    CLEANUP(freep) char *text = fill_in(data, size, &length);
    size_t answered = ask(text, length, ANSWER_WAIT_MS, answer);
    FUZZ_REQUIRE(answered == 0 || strncmp(answer, "HTTP/1.", 7) == 0);
    if (!says_token(text, length)) {
        FUZZ_REQUIRE(memmem(answer, answered, SECRET, strlen(SECRET)) == NULL);
        FUZZ_REQUIRE(!says_token(answer, answered));
        FUZZ_REQUIRE(memmem(answer, answered, " 200 OK", 7) == NULL);
    }
    if (n_inputs++ % INPUTS_BETWEEN == 0)
        check_plain(answer);
    return 0;
}
