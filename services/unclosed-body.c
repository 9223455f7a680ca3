/* unclosed-body: an outbound HTTP call whose response body is never closed.
 *
 * The second post's culprit: `res, err := client.Do(req)` with `defer res.Body.Close()` commented
 * out. Each request looks at the reply's head, is content, and drops the handle on the floor. What
 * stays: the handle and its buffers in the heap, a descriptor, and a connection in ESTABLISHED
 * with the body unread in its receive buffer, which is kernel memory that no heap profile shows.
 *
 *   default  reads the head, forgets the rest
 *   fixed    the mend: asks upstream to close, as the third post does with `req.Close = true`,
 *            reads the body to its end and cleans the handle up */
#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { PATIENCE_MS = 2000 };

static bool mended;
static char url[64];

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
    snprintf(url, sizeof url, "http://127.0.0.1:%u", service_upstream_port());
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

/* Some bytes of the reply; 0 at its end or when upstream is silent for too long. */
static size_t receive(CURL *handle, char *bytes, size_t size)
{
    struct pollfd wait = {.events = POLLIN};
    curl_socket_t fd;
    size_t n = 0;
    CURLcode code;

    curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, &fd);
    wait.fd = fd;
    while ((code = curl_easy_recv(handle, bytes, size, &n)) == CURLE_AGAIN)
        if (poll(&wait, 1, PATIENCE_MS) <= 0)
            return 0;
    return code == CURLE_OK ? n : 0;
}

static void fetch(const struct request *request, struct response *response)
{
    CURL *handle = curl_easy_init();
    char line[128], head[256];
    int status = 0;
    size_t n, length;
    CURLcode code;

    (void)request;
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    length = (size_t)snprintf(line, sizeof line, "GET /body HTTP/1.1\r\nHost: upstream\r\n%s\r\n",
                              mended ? "Connection: close\r\n" : "");
    code = handle ? curl_easy_perform(handle) : CURLE_FAILED_INIT; /* planted: default */
    if (code != CURLE_OK || curl_easy_send(handle, line, length, &n) != CURLE_OK) {
        curl_easy_cleanup(handle);
        response_fail(response, 502, "upstream does not answer");
        return;
    }
    n = receive(handle, head, sizeof head - 1);
    head[n] = '\0';
    sscanf(head, "HTTP/1.1 %d", &status);
    response_printf(response, "{\"upstream_status\":%d}\n", status);
    if (!mended)
        return; /* the mistake: neither the body nor the handle is closed */
    while (receive(handle, head, sizeof head) > 0)
        continue;
    curl_easy_cleanup(handle);
}

/* The bounds: measured, 17 KiB of heap, 20 KiB of receive buffer, and three descriptors' worth of
 * kernel objects: libcurl keeps a pair of sockets of its own for each handle. */
static const struct service service = {
    .name = "unclosed-body",
    .truths = {{"default", "leak", "sockets", "/fetch", 32000, 64000, "fetch"},
               {"fixed", "clean", "none", "/fetch", 0, 0, NULL}},
    .routes = {{"GET", "/fetch", fetch}},
    .needs_upstream = true,
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
