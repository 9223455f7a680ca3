#include "tests/support/profiles.h"

#include <check.h>
#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "profile/folded.h"

struct profile *profiles_make(const char *folded)
{
    static const struct profile_type type = {"inuse_space", "bytes"};
    struct profile *profile = NULL;
    struct error err = {.text = ""};
    if (folded_read(folded, strlen(folded), &type, &profile, &err) < 0)
        ck_abort_msg("%s", err.text);
    return profile;
}

static void profiles_put_sample(const struct profile *profile, const struct profile_sample *sample,
                                struct buffer *text)
{
    for (uint32_t i = 0; i < sample->depth; i++) {
        const struct profile_frame *frame = &profile->frames[sample->frames[i]];
        buffer_printf(text, NULL, "%s%s", i > 0 ? " < " : "", frame->function);
        if (*frame->file != '\0' || frame->line != 0)
            buffer_printf(text, NULL, " (%s:%" PRId64 ")", frame->file, frame->line);
        if (*frame->module != '\0')
            buffer_printf(text, NULL, " in %s", frame->module);
    }
    buffer_append_text(text, ":", NULL);
    for (unsigned i = 0; i < profile->n_types; i++)
        buffer_printf(text, NULL, " %" PRId64, sample->values[i]);
    buffer_append_text(text, "\n", NULL);
}

char *profiles_text(const struct profile *profile)
{
    struct buffer text = BUFFER_INIT((size_t)16 << 20);
    for (unsigned i = 0; i < profile->n_types; i++)
        buffer_printf(&text, NULL, "%s%s/%s ", i == profile->default_type ? "*" : "",
                      profile->types[i].type, profile->types[i].unit);
    buffer_printf(&text, NULL, "%s/%s %" PRId64 " %" PRId64 " %" PRId64 "\n",
                  profile->period_type.type, profile->period_type.unit, profile->period,
                  profile->time_ns, profile->duration_ns);
    for (size_t i = 0; i < profile->n_samples; i++)
        profiles_put_sample(profile, &profile->samples[i], &text);
    return text.data;
}
