/* Everything that reads profiles (profile/profile_load.h): read in every form, and what could be
 * read is compared with itself, ranked, drawn, written and read again. */
#include <string.h>

#include "base/cleanup.h"
#include "profile/flame.h"
#include "profile/folded.h"
#include "profile/goroutine_text.h"
#include "profile/heap_text.h"
#include "profile/pprof_read.h"
#include "profile/pprof_write.h"
#include "profile/profile_diff.h"
#include "profile/profile_load.h"
#include "profile/profile_top.h"
#include "tests/fuzz/fuzz.h"

static void check_frames(const struct profile *profile)
{
    for (size_t i = 0; i < profile->n_frames; i++) {
        const struct profile_frame *frame = &profile->frames[i];
        FUZZ_REQUIRE(strlen(frame->function) > 0 && frame->file != NULL && frame->module != NULL);
        FUZZ_REQUIRE(frame->function_id < profile->functions.n);
    }
    for (size_t i = 0; i < profile->n_samples; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        for (uint32_t k = 0; k < sample->depth; k++)
            FUZZ_REQUIRE(sample->frames[k] < profile->n_frames);
        FUZZ_REQUIRE(profile_find_sample(profile, sample->frames, sample->depth) == sample);
    }
}

static void check_flame(const struct profile *profile, unsigned type)
{
    CLEANUP(flame_done) struct flame flame = {.nodes = NULL};
    CLEANUP(buffer_done) struct buffer json = BUFFER_INIT((size_t)64 << 20);
    struct json_writer writer;
    if (flame_make(profile, type, 50, &flame, NULL) < 0)
        return;
    FUZZ_REQUIRE(flame.n_nodes >= 1 && flame.n_nodes <= 50);
    FUZZ_REQUIRE(flame.nodes[0].value - flame.shrunk == profile_total(profile, type));
    for (size_t i = 1; i < flame.n_nodes; i++) {
        FUZZ_REQUIRE(flame.nodes[i].parent >= 0 && flame.nodes[i].parent < (int64_t)i);
        FUZZ_REQUIRE(flame.nodes[i].value > 0);
        FUZZ_REQUIRE(flame.nodes[i].value <= flame.nodes[flame.nodes[i].parent].value);
    }
    json_writer_begin(&writer, &json);
    flame_write(&writer, NULL, &flame);
    FUZZ_REQUIRE(json_writer_end(&writer, NULL) == 0);
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
    FUZZ_REQUIRE(status == 0);
    FUZZ_REQUIRE(again->n_samples == profile->n_samples && again->n_types == profile->n_types);
    for (size_t i = 0; i < profile->n_samples; i++)
        FUZZ_REQUIRE(memcmp(again->samples[i].values, profile->samples[i].values,
                            profile->n_types * sizeof(int64_t)) == 0);
    if (profile_diff(profile, again, &changes, NULL) == 0)
        FUZZ_REQUIRE(changes->n_samples == 0);
}

/* As text nothing ends a line but its end: what is folded reads back, with the same sum. */
static void check_text(const struct profile *profile)
{
    CLEANUP(buffer_done) struct buffer folded = BUFFER_INIT((size_t)64 << 20);
    CLEANUP(buffer_done) struct buffer heap = BUFFER_INIT((size_t)64 << 20);
    CLEANUP(profile_freep) struct profile *again = NULL;
    const struct profile_type type = {"samples", "count"};
    int64_t sum = 0;
    for (size_t i = 0; i < profile->n_samples; i++)
        sum += profile->samples[i].values[0] > 0 ? profile->samples[i].values[0] : 0;
    if (folded_write(profile, 0, &folded, NULL) == 0 && folded.length > 0) {
        FUZZ_REQUIRE(folded_read(buffer_text(&folded), folded.length, &type, &again, NULL) == 0);
        FUZZ_REQUIRE(profile_total(again, 0) == sum);
    }
    if (heap_text_write(profile, &heap, NULL) == 0)
        FUZZ_REQUIRE(strlen(buffer_text(&heap)) == heap.length);
}

/* Takes it over. */
static void check_profile(struct profile *taken)
{
    CLEANUP(profile_freep) struct profile *profile = taken;
    FUZZ_REQUIRE(profile->n_types >= 1 && profile->n_types <= PROFILE_TYPES_MAX);
    FUZZ_REQUIRE(profile_first_type(profile) < profile->n_types);
    FUZZ_REQUIRE(profile->store.used_bytes <= PROFILE_MEMORY_MAX_BYTES);
    check_frames(profile);
    for (unsigned type = 0; type < profile->n_types; type++) {
        CLEANUP(freep) struct profile_top_row *rows = NULL;
        size_t n = 0;
        check_flame(profile, type);
        if (profile_top(profile, type, &rows, &n, NULL) == 0)
            FUZZ_REQUIRE(n <= profile->n_frames);
    }
    check_writing(profile);
    check_text(profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct profile_type type = {"samples", "count"};
    struct profile *profile = NULL;
    struct error err = {.kind = ERROR_NONE};
    if (pprof_read(data, size, &profile, &err) == 0)
        check_profile(profile);
    else
        FUZZ_REQUIRE(err.kind == ERROR_USAGE && err.text[0] != '\0');
    if (folded_read((const char *)data, size, &type, &profile, &err) == 0)
        check_profile(profile);
    if (goroutine_text_read((const char *)data, size, &profile, &err) == 0)
        check_profile(profile);
    if (profile_load_text(data, size, &profile, &err) == 0)
        check_profile(profile);
    return 0;
}
