#pragma once
/* The parts of the view data of a run, each a member or several of the object that is open. Private
 * to view. */
#include "base/json_writer.h"
#include "view/view_input.h"
#include "view/view_series.h"

/* Texts: "headline", "lines", "warnings", "findings", and the end of the service's log, "log". */
int view_write_texts(struct json_writer *writer, const struct stored_record *run,
                     struct error *err);
int view_write_log(struct json_writer *writer, const struct stored_record *run, struct error *err);

/* Time: "phases" and "marks". */
void view_write_phases(struct json_writer *writer, const struct record *record);
void view_write_marks(struct json_writer *writer, const struct record *record);

/* Floors against requests: "floors" with the line fitted to those that were judged, and "slope". */
void view_write_floors(struct json_writer *writer, const struct record *record);

/* "cycles", a row each, and "figures", by which runs are compared. */
void view_write_cycles(struct json_writer *writer, const struct record *record);
void view_write_figures(struct json_writer *writer, const struct record *record);

/* "series", and what there was of samples. */
void view_write_series(struct json_writer *writer, const struct record *record,
                       const struct view_series_list *list);

/* A time of the run in seconds, with as many digits as can be seen. */
void view_write_time(struct json_writer *writer, const char *key, nsec_t t_ns);
