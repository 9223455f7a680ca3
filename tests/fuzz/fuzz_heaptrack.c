/* What heaptrack's preload writes from within the service (instrument/heaptrack_stream.h): in one
 * piece and in small ones it says the same. */
#include <string.h>

#include "base/cleanup.h"
#include "instrument/heaptrack_stream.h"
#include "tests/fuzz/fuzz.h"

static void streamp(struct heaptrack_stream **stream)
{
    heaptrack_stream_free(*stream);
}

static struct heaptrack_stream *read_in_pieces(const uint8_t *data, size_t size, size_t piece,
                                               struct error *err)
{
    struct heaptrack_stream *stream = NULL;
    FUZZ_REQUIRE(heaptrack_stream_new(&stream, err) == 0);
    for (size_t at = 0; at < size; at += piece) {
        size_t length = size - at < piece ? size - at : piece;
        if (heaptrack_stream_feed(stream, (const char *)data + at, length, err) < 0) {
            FUZZ_REQUIRE(stream->has_failed && err->text[0] != '\0');
            break;
        }
    }
    return stream;
}

static void check(const struct heaptrack_stream *stream)
{
    int64_t objects = 0;
    FUZZ_REQUIRE(stream->n_traces <= (size_t)HEAPTRACK_TRACES_MAX + 1);
    FUZZ_REQUIRE(stream->n_modules <= HEAPTRACK_MODULES_MAX);
    FUZZ_REQUIRE(stream->n_ranges <= HEAPTRACK_RANGES_MAX);
    for (size_t i = 1; i < stream->n_traces; i++) {
        FUZZ_REQUIRE(stream->traces[i].parent < i);
        FUZZ_REQUIRE(stream->traces[i].module <= stream->n_modules);
    }
    for (size_t i = 0; i < stream->blocks.n_held; i++) {
        FUZZ_REQUIRE(stream->blocks.held[i].objects >= 0);
        objects += stream->blocks.held[i].objects;
    }
    FUZZ_REQUIRE(objects == (int64_t)stream->blocks.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {.kind = ERROR_NONE};
    struct error other = {.kind = ERROR_NONE};
    CLEANUP(streamp) struct heaptrack_stream *whole = read_in_pieces(data, size, size + 1, &err);
    check(whole);
    if (size % 4 != 0) /* the arrays of a stream are what takes time here */
        return 0;
    CLEANUP(streamp)
    struct heaptrack_stream *pieces = read_in_pieces(data, size, 1 + size % 7, &other);
    FUZZ_REQUIRE(whole->has_failed == pieces->has_failed && strcmp(err.text, other.text) == 0);
    FUZZ_REQUIRE(whole->n_traces == pieces->n_traces && whole->blocks.n == pieces->blocks.n &&
                 whole->n_lines == pieces->n_lines && whole->n_ranges == pieces->n_ranges);
    return 0;
}
