#include "view/picture_png.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/tool.h"
#include "view/picture_svg.h"

#define PNG_BYTES_MAX  ((size_t)16 * 1024 * 1024)
#define PNG_SAID_MAX   ((size_t)4096)
#define PNG_TIMEOUT_NS (60 * NSEC_PER_SEC)
#define PNG_PATH_MAX   64

static const char png_begin[] = "\x89PNG\r\n\x1a\n";

/* Without any font all letters would be boxes, and nobody would be told. What cannot list fonts
 * cannot tell. */
static int png_check_fonts(struct error *err)
{
    const char *const words[] = {"fc-list", "--format=x", NULL};
    CLEANUP(buffer_done) struct buffer fonts = BUFFER_INIT(PNG_SAID_MAX);
    const struct tool_spec spec = {.words = words, .timeout_ns = PNG_TIMEOUT_NS, .out = &fonts};
    struct process_end end;
    struct error missing = {0};
    if (tool_run(&spec, &end, &missing) < 0)
        return missing.errno_value == ENOENT ? 0 : error_set(err, missing.kind, "%s", missing.text);
    if (!tool_went_well(&end) || fonts.length > 0)
        return 0;
    return error_set(err, ERROR_ENVIRONMENT,
                     "--png: no font is installed here (fc-list lists none), so text would be "
                     "boxes: install one, as in `apt-get install fonts-dejavu-core`");
}

/* The picture as a file in memory, which is gone with us whatever happens. Returns a descriptor of
 * the caller's. */
static int png_source(const struct buffer *svg, struct error *err)
{
    CLEANUP(closep) int fd = memfd_create("picture.svg", MFD_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot make a file in memory");
    for (size_t done = 0; done < svg->length;) {
        ssize_t length = write(fd, svg->data + done, svg->length - done);
        if (length < 0 && errno != EINTR)
            return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot keep the picture");
        done += length > 0 ? (size_t)length : 0;
    }
    return take_fd(&fd);
}

static int png_convert(int source, struct buffer *png, struct error *err)
{
    char path[PNG_PATH_MAX];
    char zoom[16];
    const char *const words[] = {"rsvg-convert", "--format=png", zoom, path, NULL};
    CLEANUP(buffer_done) struct buffer said = BUFFER_INIT(PNG_SAID_MAX);
    const struct tool_spec spec = {
        .words = words, .timeout_ns = PNG_TIMEOUT_NS, .out = png, .error_out = &said};
    struct process_end end;
    char text[128];
    snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)getpid(), source);
    snprintf(zoom, sizeof(zoom), "--zoom=%d", PICTURE_PNG_ZOOM);
    if (tool_run(&spec, &end, err) < 0) {
        bool missing = err != NULL && err->errno_value == ENOENT;
        return missing ? error_set(err, ERROR_ENVIRONMENT,
                                   "--png: there is no rsvg-convert here, which makes it: install "
                                   "it (Debian: `apt-get install librsvg2-bin`), or use --svg")
                       : error_prefix(err, "--png");
    }
    bool is_png = png->length > sizeof(png_begin) - 1 &&
                  memcmp(png->data, png_begin, sizeof(png_begin) - 1) == 0;
    if (!tool_went_well(&end) || !is_png)
        return error_set(err, ERROR_ENVIRONMENT,
                         "--png: rsvg-convert made no picture (%s): %.1000s",
                         process_end_text(&end, text, sizeof(text)), buffer_text(&said));
    return 0;
}

int picture_png_write(const struct view_input *input, struct buffer *out, struct error *err)
{
    CLEANUP(buffer_done) struct buffer svg = BUFFER_INIT(PICTURE_BYTES_MAX);
    CLEANUP(buffer_done) struct buffer png = BUFFER_INIT(PNG_BYTES_MAX);
    CLEANUP(closep) int source = -1;
    if (png_check_fonts(err) < 0 || picture_svg_write(input, &svg, err) < 0)
        return -1;
    source = png_source(&svg, err);
    if (source < 0 || png_convert(source, &png, err) < 0)
        return -1;
    return buffer_append(out, png.data, png.length, err);
}
