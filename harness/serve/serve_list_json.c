#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "serve/serve_links.h"
#include "serve/serve_list.h"

#define LINK_MAX_BYTES ((size_t)16 * 1024)

static void list_number(struct json_writer *writer, const char *key,
                        const struct serve_number *number)
{
    if (number->present)
        json_write_double(writer, key, number->value);
}

/* A text that may be absent. */
static void list_text(struct json_writer *writer, const char *key, const char *text)
{
    json_write_text(writer, key, text[0] != '\0' ? text : NULL);
}

static void list_link(struct json_writer *writer, const char *key, enum serve_page page,
                      const char *of)
{
    CLEANUP(buffer_done) struct buffer link = BUFFER_INIT(LINK_MAX_BYTES);
    if (serve_link_write(page, of, &link) == 0)
        json_write_text(writer, key, buffer_text(&link));
}

static void list_run(struct json_writer *writer, const struct serve_run *run)
{
    json_write_object(writer, NULL);
    json_write_text(writer, "key", run->key);
    json_write_text(writer, "id", run->id);
    list_text(writer, "label", run->label);
    list_text(writer, "phase", run->phase);
    list_number(writer, "started_unix_s", &run->started_unix_s);
    list_number(writer, "t_s", &run->t_s);
    list_number(writer, "cycle", &run->cycle);
    list_number(writer, "cycles_max", &run->cycles_max);
    list_number(writer, "requests", &run->requests);
    list_number(writer, "requests_goal", &run->requests_goal);
    list_number(writer, "current_bytes", &run->current_bytes);
    list_number(writer, "limit_bytes", &run->limit_bytes);
    list_link(writer, "page", SERVE_RUN, run->key);
    list_link(writer, "events", SERVE_EVENTS, run->key);
    json_write_close_object(writer);
}

static void list_row(struct json_writer *writer, const struct serve_row *row)
{
    json_write_object(writer, NULL);
    json_write_text(writer, "key", row->key);
    json_write_text(writer, "dir", row->dir);
    json_write_text(writer, "id", row->id);
    list_text(writer, "broken", row->why);
    list_text(writer, "label", row->label);
    list_text(writer, "verdict", row->verdict);
    list_text(writer, "cause", row->cause);
    list_text(writer, "outcome", row->outcome);
    list_text(writer, "place", row->place);
    list_text(writer, "error", row->error);
    list_number(writer, "growth_bytes_per_request", &row->growth_bytes_per_request);
    list_number(writer, "growth_bytes_per_s", &row->growth_bytes_per_s);
    list_number(writer, "floor_bytes", &row->floor_bytes);
    list_number(writer, "peak_bytes", &row->peak_bytes);
    list_number(writer, "limit_bytes", &row->limit_bytes);
    list_number(writer, "requests_total", &row->requests);
    list_number(writer, "duration_s", &row->duration_s);
    if (row->why[0] == '\0') {
        json_write_i64(writer, "stored_unix_s", row->stamp.mtime_ns / NSEC_PER_SEC);
        list_link(writer, "report", SERVE_REPORT, row->key);
        list_link(writer, "view", SERVE_VIEW_JSON, row->key);
    }
    json_write_close_object(writer);
}

int serve_list_write_json(const struct serve_list *list, const struct serve_order *order,
                          struct buffer *out, struct error *err)
{
    CLEANUP(freep)
    const struct serve_row **rows = serve_order_rows(list->rows, list->n_rows, order);
    struct json_writer writer;
    if (rows == NULL)
        return error_out_of_memory(err);
    json_writer_begin(&writer, out);
    json_write_object(&writer, NULL);
    json_write_text(&writer, "schema", "leakcage.list/1");
    json_write_array(&writer, "running");
    for (size_t i = 0; i < list->n_runs; i++)
        list_run(&writer, &list->runs[i]);
    json_write_close_array(&writer);
    json_write_array(&writer, "results");
    for (size_t i = 0; i < list->n_rows; i++)
        list_row(&writer, rows[i]);
    json_write_close_array(&writer);
    json_write_u64(&writer, "more", list->n_more);
    json_write_close_object(&writer);
    return json_writer_end(&writer, err);
}
