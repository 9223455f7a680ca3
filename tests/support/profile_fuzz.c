#include "tests/support/profile_fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/flame.h"
#include "profile/folded.h"
#include "profile/goroutine_text.h"
#include "profile/pprof_read.h"
#include "profile/pprof_write.h"
#include "profile/profile_diff.h"
#include "profile/profile_load.h"
#include "profile/profile_top.h"

#define REQUIRE(condition)                                                  \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

static void check_frames(const struct profile *profile)
{
    for (size_t i = 0; i < profile->n_frames; i++) {
        const struct profile_frame *frame = &profile->frames[i];
        REQUIRE(strlen(frame->function) > 0 && frame->file != NULL);
        REQUIRE(frame->function_id < profile->functions.n);
    }
    for (size_t i = 0; i < profile->n_samples; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        for (uint32_t k = 0; k < sample->depth; k++)
            REQUIRE(sample->frames[k] < profile->n_frames);
        REQUIRE(profile_find_sample(profile, sample->frames, sample->depth) == sample);
    }
}

static void check_flame(const struct profile *profile, unsigned type)
{
    CLEANUP(flame_done) struct flame flame = {.nodes = NULL};
    CLEANUP(buffer_done) struct buffer json = BUFFER_INIT((size_t)64 << 20);
    struct json_writer writer;
    if (flame_make(profile, type, 50, &flame, NULL) < 0)
        return;
    REQUIRE(flame.n_nodes >= 1 && flame.n_nodes <= 50);
    REQUIRE(flame.nodes[0].value - flame.shrunk == profile_total(profile, type));
    for (size_t i = 1; i < flame.n_nodes; i++) {
        REQUIRE(flame.nodes[i].parent >= 0 && flame.nodes[i].parent < (int64_t)i);
        REQUIRE(flame.nodes[i].value > 0);
        REQUIRE(flame.nodes[i].value <= flame.nodes[flame.nodes[i].parent].value);
    }
    json_writer_begin(&writer, &json);
    flame_write(&writer, NULL, &flame);
    REQUIRE(json_writer_end(&writer, NULL) == 0);
}

/* Written and read again it is the same: nothing has changed from one to the other. */
static void check_writing(const struct profile *profile)
{
    CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT(PPROF_MAX_BYTES);
    CLEANUP(profile_freep) struct profile *again = NULL;
    CLEANUP(profile_freep) struct profile *changes = NULL;
    if (pprof_encode(profile, &bytes, NULL) < 0)
        return;
    struct error err = {.text = ""};
    int status = pprof_read(buffer_text(&bytes), bytes.length, &again, &err);
    if (status < 0)
        fprintf(stderr, "%s\n", err.text);
    REQUIRE(status == 0);
    REQUIRE(again->n_samples == profile->n_samples && again->n_types == profile->n_types);
    for (size_t i = 0; i < profile->n_samples; i++)
        REQUIRE(memcmp(again->samples[i].values, profile->samples[i].values,
                       profile->n_types * sizeof(int64_t)) == 0);
    if (profile_diff(profile, again, &changes, NULL) == 0)
        REQUIRE(changes->n_samples == 0);
}

/* Takes it over. */
static void check_profile(struct profile *taken)
{
    CLEANUP(profile_freep) struct profile *profile = taken;
    REQUIRE(profile->n_types >= 1 && profile->n_types <= PROFILE_TYPES_MAX);
    REQUIRE(profile_first_type(profile) < profile->n_types);
    REQUIRE(profile->store.used_bytes <= PROFILE_MEMORY_MAX_BYTES);
    check_frames(profile);
    for (unsigned type = 0; type < profile->n_types; type++) {
        CLEANUP(freep) struct profile_top_row *rows = NULL;
        size_t n = 0;
        check_flame(profile, type);
        if (profile_top(profile, type, &rows, &n, NULL) == 0)
            REQUIRE(n <= profile->n_frames);
    }
    check_writing(profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct profile_type type = {"samples", "count"};
    struct profile *profile = NULL;
    struct error err = {.kind = ERROR_NONE};
    if (pprof_read(data, size, &profile, &err) == 0)
        check_profile(profile);
    else
        REQUIRE(err.kind == ERROR_USAGE && err.text[0] != '\0');
    if (folded_read((const char *)data, size, &type, &profile, &err) == 0)
        check_profile(profile);
    if (goroutine_text_read((const char *)data, size, &profile, &err) == 0)
        check_profile(profile);
    if (profile_load_text(data, size, &profile, &err) == 0)
        check_profile(profile);
    return 0;
}
