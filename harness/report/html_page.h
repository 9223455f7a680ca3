#pragma once
/* What the HTML pages of all reports have in common: one file that needs nothing else, no script
 * and no network, light and dark as the reader's system is, fit to be printed; and lists of
 * remarks. */
#include "report/html_text.h"

/* From the first line to <body>; the title is "SUBJECT: KIND". `style` is CSS beside that of all
 * pages: markup of ours. The writer keeps the failure, here and below. */
void html_page_begin(struct html_writer *writer, const char *subject, const char *kind,
                     const char *style);
void html_page_end(struct html_writer *writer);

/* A list in the making. Remarks may quote logs: of a long one its begin is shown, and of many so
 * many that the page stays small. */
struct html_list {
    struct html_writer *writer; /* borrowed */
    unsigned n;
};

/* What stands before the remarks, and behind them. */
void html_list_begin(struct html_list *list);
void html_list_end(struct html_list *list);

/* Add one; `user` is the list, `subject` (NULL: none) whom it is about. Fit for
 * comparison_remarks(). */
void html_list_item(void *user, const char *subject, const char *text);
