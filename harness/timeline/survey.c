#include "timeline/survey.h"

#include <stddef.h>

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

uint64_t survey_descriptors(const struct survey *survey)
{
    static const enum survey_field kinds[] = {SURVEY_FD_SOCKET, SURVEY_FD_FILE,
                                              SURVEY_FD_PIPE,   SURVEY_FD_ANON_INODE,
                                              SURVEY_FD_DEVICE, SURVEY_FD_OTHER};
    uint64_t descriptors = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!survey_has(survey, kinds[i]))
            return SURVEY_ABSENT;
        descriptors += survey->value[kinds[i]];
    }
    return descriptors;
}
