#include "serve/serve_door.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/cleanup.h"

#define HTTP_PORT 80

static const char *const page_names[SERVE_PAGE_MAX_] = {
    [SERVE_LIST] = "",
    [SERVE_LIST_JSON] = "list.json",
    [SERVE_LIST_SCRIPT] = "list.js",
    [SERVE_LIST_STYLE] = "list.css",
    [SERVE_REPORT] = "report",
    [SERVE_VIEW_JSON] = "view.json",
    [SERVE_RUN] = "run",
    [SERVE_EVENTS] = "events",
};

const char *serve_page_name(enum serve_page page)
{
    return page_names[page];
}

int serve_door_init(struct serve_door *door, unsigned port, struct error *err)
{
    unsigned char bytes[SERVE_TOKEN_LENGTH / 2];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot make a random token");
    *door = (struct serve_door){.port = port};
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(door->token + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

bool serve_door_knows(const struct serve_door *door, const char *token)
{
    unsigned differs = 0;
    size_t length = strcspn(token, "/");
    for (size_t i = 0; i < SERVE_TOKEN_LENGTH; i++)
        differs |= (unsigned char)(i < length ? token[i] : 0) ^ (unsigned char)door->token[i];
    return (differs | (unsigned)(length != SERVE_TOKEN_LENGTH)) == 0;
}

/* Is it one of our names, at our port? */
static bool serve_door_is_here(const struct serve_door *door, const char *host)
{
    static const char *const names[] = {"127.0.0.1", "localhost"};
    char expected[32];
    if (host == NULL)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        snprintf(expected, sizeof(expected), "%s:%u", names[i], door->port);
        if (strcasecmp(host, expected) == 0 ||
            (door->port == HTTP_PORT && strcasecmp(host, names[i]) == 0))
            return true;
    }
    return false;
}

enum serve_answer serve_door_ask(const struct serve_door *door, const struct serve_request *request,
                                 enum serve_page *ret)
{
    const char *path = request->path;
    if (!serve_door_is_here(door, request->host) || path[0] != '/' ||
        !serve_door_knows(door, path + 1))
        return SERVE_FORBIDDEN;
    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
        return SERVE_METHOD;
    path += 1 + SERVE_TOKEN_LENGTH;
    if (*path == '\0')
        return SERVE_SLASH;
    for (unsigned i = 0; i < SERVE_PAGE_MAX_; i++)
        if (strcmp(path + 1, page_names[i]) == 0) {
            *ret = (enum serve_page)i;
            return SERVE_LET_IN;
        }
    return SERVE_NOT_FOUND;
}
