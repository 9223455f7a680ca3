#include "profile/gzip.h"

#include <limits.h>
#include <stdint.h>
#include <zlib.h>

#define GZIP_CHUNK_BYTES ((size_t)64 * 1024)
#define GZIP_WINDOW_BITS (15 + 16) /* the largest; 16: with gzip's header */
#define GZIP_MEMORY      8         /* zlib's own choice */

bool gzip_is(const void *data, size_t length)
{
    const unsigned char *bytes = data;
    return length >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/* zlib counts with unsigned int, and its input is not const in older ones. */
static void gzip_feed(z_stream *stream, const unsigned char *data, size_t length)
{
    union {
        const unsigned char *given;
        unsigned char *wanted;
    } input = {.given = data};
    stream->next_in = input.wanted;
    stream->avail_in = length > UINT_MAX ? UINT_MAX : (unsigned)length;
}

/* One call with room in `out` for what it says; the stream's status, or -1 with the error. */
static int gzip_step(z_stream *stream, int (*step)(z_stream *, int), int flush, struct buffer *out,
                     struct error *err)
{
    unsigned char chunk[GZIP_CHUNK_BYTES];
    stream->next_out = chunk;
    stream->avail_out = sizeof(chunk);
    int status = step(stream, flush);
    if (status == Z_MEM_ERROR)
        return error_out_of_memory(err);
    if (status != Z_OK && status != Z_STREAM_END)
        return error_set(err, ERROR_USAGE, "gzip: %s",
                         stream->msg != NULL ? stream->msg : "it is cut short");
    size_t length = sizeof(chunk) - stream->avail_out;
    if (length > out->max_bytes - out->length)
        return error_set(err, ERROR_USAGE, "gzip: it holds more than %zu MiB",
                         out->max_bytes >> 20);
    if (buffer_append(out, chunk, length, err) < 0)
        return -1;
    return status;
}

int gzip_unpack(const void *data, size_t length, struct buffer *out, struct error *err)
{
    const unsigned char *bytes = data;
    z_stream stream = {.zalloc = Z_NULL};
    if (inflateInit2(&stream, GZIP_WINDOW_BITS) != Z_OK)
        return error_out_of_memory(err);
    int status = Z_OK;
    while (status >= 0 && (length > 0 || status != Z_STREAM_END)) {
        if (status == Z_STREAM_END && inflateReset(&stream) != Z_OK)
            break;
        gzip_feed(&stream, bytes, length);
        size_t fed = stream.avail_in;
        status = gzip_step(&stream, inflate, Z_NO_FLUSH, out, err);
        bytes += fed - stream.avail_in;
        length -= fed - stream.avail_in;
    }
    inflateEnd(&stream);
    return status < 0 ? -1 : 0;
}

int gzip_pack(const void *data, size_t length, struct buffer *out, struct error *err)
{
    z_stream stream = {.zalloc = Z_NULL};
    if (length > UINT_MAX)
        return error_set(err, ERROR_USAGE, "gzip: more than 4 GiB");
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return error_out_of_memory(err);
    gzip_feed(&stream, data, length);
    int status = Z_OK;
    while (status == Z_OK)
        status = gzip_step(&stream, deflate, Z_FINISH, out, err);
    deflateEnd(&stream);
    return status < 0 ? -1 : 0;
}
