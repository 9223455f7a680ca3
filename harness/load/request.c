#include "load/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/cleanup.h"

#define SCHEME            "http://"
#define REQUEST_MAX_BYTES ((size_t)64 * 1024 * 1024)

static int check_text(const char *what, const char *text, bool spaces, struct error *err)
{
    for (const char *c = text; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f || (!spaces && byte <= ' '))
            return error_set(err, ERROR_USAGE, "%s of a request holds the byte 0x%02x: \"%s\"",
                             what, byte, text);
    }
    return 0;
}

static int check_kind(const struct request_kind *kind, const char *base_url, struct error *err)
{
    if (strncmp(base_url, SCHEME, strlen(SCHEME)) != 0 || base_url[strlen(SCHEME)] == '\0')
        return error_set(err, ERROR_USAGE,
                         "the load needs an address like http://127.0.0.1:8080, "
                         "found \"%s\"",
                         base_url);
    if (kind->path[0] != '/')
        return error_set(err, ERROR_USAGE, "the path of a request starts with '/', found \"%s\"",
                         kind->path);
    if (check_text("the address", base_url, false, err) < 0 ||
        check_text("the method", kind->method, false, err) < 0 ||
        check_text("the path", kind->path, false, err) < 0)
        return -1;
    for (unsigned i = 0; i < kind->n_headers; i++) {
        if (check_text("a header", kind->headers[i], true, err) < 0)
            return -1;
        if (strchr(kind->headers[i], ':') == NULL)
            return error_set(err, ERROR_USAGE, "a header reads \"Name: value\", found \"%s\"",
                             kind->headers[i]);
    }
    return 0;
}

static bool has_header(const struct request_kind *kind, const char *name)
{
    size_t length = strlen(name);
    for (unsigned i = 0; i < kind->n_headers; i++)
        if (strncasecmp(kind->headers[i], name, length) == 0 && kind->headers[i][length] == ':')
            return true;
    return false;
}

static int append_headers(struct buffer *buffer, const struct request_kind *kind, struct error *err)
{
    static const char *const defaults[][2] = {{"User-Agent", "leakcage"}, {"Accept", "*/*"}};
    for (size_t i = 0; i < ARRAY_LENGTH(defaults); i++)
        if (!has_header(kind, defaults[i][0]) &&
            buffer_printf(buffer, err, "%s: %s\r\n", defaults[i][0], defaults[i][1]) < 0)
            return -1;
    for (unsigned i = 0; i < kind->n_headers; i++)
        if (buffer_printf(buffer, err, "%s\r\n", kind->headers[i]) < 0)
            return -1;
    if (kind->body != NULL && !has_header(kind, "Content-Length") &&
        buffer_printf(buffer, err, "Content-Length: %zu\r\n", strlen(kind->body)) < 0)
        return -1;
    return buffer_append_text(buffer, "\r\n", err);
}

int request_init(struct request *request, const struct request_kind *kind, const char *base_url,
                 struct error *err)
{
    if (check_kind(kind, base_url, err) < 0)
        return -1;

    CLEANUP(buffer_done) struct buffer buffer = BUFFER_INIT(REQUEST_MAX_BYTES);
    const char *host = base_url + strlen(SCHEME);
    int host_length = (int)strcspn(host, "/");
    if (buffer_printf(&buffer, err, "%s %s%s HTTP/1.1\r\n", kind->method, host + host_length,
                      kind->path) < 0)
        return -1;
    if (!has_header(kind, "Host") &&
        buffer_printf(&buffer, err, "Host: %.*s\r\n", host_length, host) < 0)
        return -1;
    if (append_headers(&buffer, kind, err) < 0)
        return -1;
    if (kind->body != NULL && buffer_append_text(&buffer, kind->body, err) < 0)
        return -1;

    request->length = buffer.length;
    request->bytes = take_ptr(&buffer.data);
    request->head = strcmp(kind->method, "HEAD") == 0;
    return 0;
}

void request_done(struct request *request)
{
    free(request->bytes);
    memset(request, 0, sizeof(*request));
}
