#include "view/picture_canvas.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/line_text.h"
#include "view/picture_svg.h"

#define CANVAS_TEXT_MAX  ((size_t)32 * 1024)
#define CANVAS_LINES_MAX 5
/* Columns of a subject: in large letters, and in smaller ones. */
#define CANVAS_SUBJECT_USUAL 44
#define CANVAS_SUBJECT_MAX   66
#define CANVAS_DESCRIBED_MAX 2000 /* bytes */

/* Of a paragraph: its class, the height of a line, and the columns that fit. */
static const struct {
    const char *name;
    double line;
    unsigned columns;
} canvas_looks[] = {
    [PICTURE_TEXT_SENTENCE] = {"said", 20, 114},
    [PICTURE_TEXT_SOFT] = {"soft", 17, 122},
    [PICTURE_TEXT_FOOT] = {"foot", 15, 134},
};

static const char *const canvas_tones[] = {
    [RECORD_TONE_PLAIN] = "plain",
    [RECORD_TONE_GOOD] = "good",
    [RECORD_TONE_BAD] = "bad",
    [RECORD_TONE_WARN] = "warn",
};

void picture_canvas_begin(struct picture_canvas *canvas)
{
    *canvas = (struct picture_canvas){.body = BUFFER_INIT(PICTURE_BYTES_MAX), .y = PICTURE_EDGE};
    html_begin(&canvas->writer, &canvas->body);
}

void picture_canvas_done(struct picture_canvas *canvas)
{
    buffer_done(&canvas->body);
}

void picture_heading(struct picture_canvas *canvas, const char *word, enum record_tone tone,
                     const char *subject)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(CANVAS_TEXT_MAX);
    struct html_writer *writer = &canvas->writer;
    line_text_shorten(subject, CANVAS_SUBJECT_MAX, LINE_TEXT_UTF8, &text, NULL);
    bool is_long = line_text_columns(buffer_text(&text)) > CANVAS_SUBJECT_USUAL;
    html_printf(writer, "<text class=\"head%s\" x=\"%d\" y=\"%g\">", is_long ? " long" : "",
                PICTURE_EDGE, canvas->y + 18);
    if (word != NULL) {
        html_printf(writer, "<tspan class=\"%s\">", canvas_tones[tone]);
        html_text(writer, word);
        html_put(writer, "</tspan><tspan dx=\"12\">");
    }
    html_text(writer, buffer_text(&text));
    html_put(writer, word != NULL ? "</tspan></text>\n" : "</text>\n");
    canvas->y += 28;
}

/* One line of a paragraph. */
static void canvas_line(struct picture_canvas *canvas, enum picture_text look, const char *line,
                        const char *end)
{
    struct html_writer *writer = &canvas->writer;
    canvas->y += canvas_looks[look].line;
    html_printf(writer, "<text class=\"%s\" x=\"%d\" y=\"%g\">", canvas_looks[look].name,
                PICTURE_EDGE, canvas->y - 4);
    html_text(writer, line);
    html_put(writer, end);
    html_put(writer, "</text>\n");
}

void picture_paragraph(struct picture_canvas *canvas, enum picture_text look, const char *text)
{
    static const struct line_text_indent none = {"", ""};
    CLEANUP(buffer_done) struct buffer lines = BUFFER_INIT(CANVAS_TEXT_MAX);
    if (text[0] == '\0')
        return;
    line_text_wrap(text, &none, canvas_looks[look].columns, &lines, NULL);
    char *rest = lines.data;
    for (unsigned i = 0; rest != NULL && *rest != '\0' && i < CANVAS_LINES_MAX; i++) {
        char *line = strsep(&rest, "\n");
        bool cut = i + 1 == CANVAS_LINES_MAX && rest != NULL && *rest != '\0';
        canvas_line(canvas, look, line, cut ? " …" : "");
    }
}

void picture_paragraph_of(struct picture_canvas *canvas, const char *word, enum record_tone tone,
                          const char *text)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(CANVAS_TEXT_MAX);
    struct html_writer *writer = &canvas->writer;
    size_t used = strlen(word) + 2;
    line_text_shorten(text, canvas_looks[PICTURE_TEXT_SOFT].columns - used, LINE_TEXT_UTF8, &line,
                      NULL);
    canvas->y += canvas_looks[PICTURE_TEXT_SOFT].line;
    html_printf(writer, "<text class=\"soft\" x=\"%d\" y=\"%g\"><tspan class=\"word %s\">",
                PICTURE_EDGE, canvas->y - 4, canvas_tones[tone]);
    html_text(writer, word);
    html_put(writer, "</tspan><tspan dx=\"8\">");
    html_text(writer, buffer_text(&line));
    html_put(writer, "</tspan></text>\n");
}

/* Colours as they are: not all that reads SVG knows CSS variables. */
static void canvas_style(struct html_writer *writer)
{
    html_put(writer, "<style>\n");
    chart_svg_style_looks(writer);
    html_put(writer,
             ".chart .head{font-size:20px;font-weight:600}.chart .long{font-size:15px}.chart "
             ".said{font-size:14px}"
             ".chart .soft,.chart .foot{fill:#666}.chart .foot{font-size:11px}"
             ".chart .word{font-weight:600}\n"
             ".paper{fill:#fff;stroke:#ddd}.chart .good{fill:#00734f}.chart .bad{fill:#b8400a}"
             ".chart .warn{fill:#7a5a00}\n"
             "@media screen and (prefers-color-scheme:dark){.paper{fill:#17191d;stroke:#3a3d43}"
             ".chart .soft,.chart .foot{fill:#9aa0a6}.chart .good{fill:#3ccf9e}"
             ".chart .bad{fill:#ff8a4c}.chart .warn{fill:#e6b93c}}\n"
             "</style>\n");
}

int picture_canvas_end(struct picture_canvas *canvas, const char *title, const char *description,
                       struct buffer *out, struct error *err)
{
    CLEANUP(buffer_done) struct buffer document = BUFFER_INIT(PICTURE_BYTES_MAX);
    struct html_writer writer;
    if (html_end(&canvas->writer, err) < 0)
        return error_prefix(err, "the picture");
    double height = canvas->y + PICTURE_EDGE - 4;
    html_begin(&writer, &document);
    html_printf(&writer,
                "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
                "height=\"%g\" viewBox=\"0 0 %d %g\" role=\"img\" "
                "aria-labelledby=\"title description\">\n<title id=\"title\">",
                PICTURE_WIDTH, height, PICTURE_WIDTH, height);
    html_text(&writer, title);
    html_put(&writer, "</title>\n<desc id=\"description\">");
    html_text_printf(&writer, "%.*s", CANVAS_DESCRIBED_MAX, description);
    html_put(&writer, "</desc>\n");
    canvas_style(&writer);
    html_printf(&writer,
                "<rect class=\"paper\" x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%g\" "
                "rx=\"6\"/>\n",
                PICTURE_WIDTH - 1, height - 1);
    html_put(&writer, buffer_text(&canvas->body));
    html_put(&writer, "</svg>\n");
    if (html_end(&writer, err) < 0)
        return error_prefix(err, "the picture");
    return buffer_append(out, buffer_text(&document), document.length, err);
}
