#include "timeline/survey.h"

const char *const survey_field_column[] = {
#define X(name, column) column,
    SURVEY_FIELDS(X)
#undef X
};

void survey_init(struct survey *survey)
{
    *survey = (struct survey){.t_ns = 0};
    for (unsigned field = 0; field < SURVEY_FIELD_MAX; field++)
        survey->value[field] = SURVEY_ABSENT;
}
