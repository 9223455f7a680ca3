#include "cli/explain_print.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "explain/explanation_json.h"
#include "report/explanation_text.h"
#include "report/line_text.h"

#define PRINT_MAX_BYTES ((size_t)64 * 1024 * 1024)

void explain_printer_init(struct explain_printer *printer, struct console *console)
{
    *printer = (struct explain_printer){.console = console, .json = BUFFER_INIT(PRINT_MAX_BYTES)};
}

void explain_printer_done(struct explain_printer *printer)
{
    buffer_done(&printer->json);
}

static void explain_print_json(struct explain_printer *printer, const struct explained *explained)
{
    struct json_writer *writer = &printer->writer;
    if (printer->n == 0)
        json_writer_begin(writer, &printer->json);
    if (!printer->several) {
        explanation_write_json(writer, NULL, explained->explanation);
        return;
    }
    if (printer->n == 0)
        json_write_array(writer, NULL);
    json_write_object(writer, NULL);
    json_write_text(writer, "id", explained->plain->record->id);
    explanation_write_json(writer, "explanation", explained->explanation);
    json_write_close_object(writer);
}

/* "unclosed-body  97 % of +41.7 KiB per request: registry_check registry.c:41". */
static void explain_write_line(const struct explained *explained, struct buffer *out)
{
    const struct explanation *explanation = explained->explanation;
    char rate[UNITS_TEXT_MAX];
    buffer_printf(out, NULL, "  %-28s ", explained->plain->record->id);
    if (!explanation->grows) {
        buffer_append_text(out, "nothing grows", NULL);
        return;
    }
    buffer_printf(out, NULL, "%3.0f %% of +%s per %s", 100 * explanation->share,
                  units_format_bytes(explanation->measured_rate, rate),
                  explanation->by_time ? "second" : "request");
    const struct explanation_frame *place =
        explanation->n_entries > 0 ? explanation_place(&explanation->entries[0]) : NULL;
    if (place == NULL)
        return;
    buffer_printf(out, NULL, ": %s", place->function);
    if (place->line > 0)
        buffer_printf(out, NULL, " %s:%lld", place->file, (long long)place->line);
}

/* Names come from the program that was looked into. */
static int explain_print_line(struct explain_printer *printer, const struct explained *explained,
                              struct error *err)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(PRINT_MAX_BYTES);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(PRINT_MAX_BYTES);
    bool utf8 = printer->console->style.utf8;
    explain_write_line(explained, &line);
    if (line_text_append(buffer_text(&line), utf8 ? LINE_TEXT_UTF8 : LINE_TEXT_ASCII, &text, err) <
            0 ||
        buffer_append_text(&text, "\n", err) < 0)
        return -1;
    return console_print(printer->console, buffer_text(&text), err);
}

static int explain_print_block(struct explain_printer *printer, const struct explained *explained,
                               struct error *err)
{
    CLEANUP(buffer_done) struct buffer block = BUFFER_INIT(PRINT_MAX_BYTES);
    CLEANUP(freep) char *folder = getcwd(NULL, 0);
    const struct explanation_text text = {
        .explanation = explained->explanation,
        .plain = explained->plain->record,
        .instrumented = explained->instrumented->record,
        .dir = explained->instrumented->dir,
        .folder = folder,
    };
    if (explanation_text_write(&text, &printer->console->style, &block, err) < 0)
        return -1;
    return console_print(printer->console, buffer_text(&block), err);
}

int explain_print(struct explain_printer *printer, const struct explained *explained,
                  struct error *err)
{
    const struct options *options = printer->console->options;
    int status = 0;
    if (options->json)
        explain_print_json(printer, explained);
    else if (options->quiet)
        status = explain_print_line(printer, explained, err);
    else
        status = explain_print_block(printer, explained, err);
    printer->n++;
    return status;
}

int explain_print_end(struct explain_printer *printer, struct error *err)
{
    if (!printer->console->options->json || printer->n == 0)
        return 0;
    if (printer->several)
        json_write_close_array(&printer->writer);
    if (json_writer_end(&printer->writer, err) < 0)
        return -1;
    return console_print(printer->console, buffer_text(&printer->json), err);
}
