#include "view/view_input.h"

#include <stdio.h>

const char *view_title(const struct view_input *input, char *text, size_t size)
{
    if (input->title != NULL)
        snprintf(text, size, "%s", input->title);
    else if (input->n_runs == 1)
        snprintf(text, size, "%s", input->runs[0].record->id);
    else
        snprintf(text, size, "%zu runs", input->n_runs);
    return text;
}
