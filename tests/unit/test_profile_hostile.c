/* Profiles that somebody made to do harm: cut off, changed, or far larger than they look. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "profile/gzip.h"
#include "profile/pprof_read.h"
#include "profile/pprof_write.h"
#include "profile/wire.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/check_main.h"
#include "tests/support/profiles.h"
#include "tests/support/random.h"

#define HOSTILE_ROUNDS 20000

/* In memory of its own of that very length, so that the sanitizers see what is read behind it. */
static void try_bytes(const char *data, size_t length)
{
    CLEANUP(freep) uint8_t *copy = malloc(length > 0 ? length : 1);
    ck_assert_ptr_nonnull(copy);
    if (length > 0)
        memcpy(copy, data, length);
    LLVMFuzzerTestOneInput(copy, length);
}

static const char goroutines[] = "goroutine profile: total 502\n"
                                 "500 @ 0x43b256 0x46b181\n"
                                 "#\t0x67ee32\tmain.hang+0x172\t\t/src/demo/main.go:34\n"
                                 "#\t0x46b181\tmain.main+0x6\t/src/main.go:7\n\n"
                                 "2 @ 0x1 0x2\n";
static const char folded[] = "main;handle;parse 12\nmain;handle 3\r\n\nother;\xc3\xa4 -7\n";

/* One of each form. */
static void make_samples(struct buffer *ret)
{
    CLEANUP(profile_freep)
    struct profile *profile = profiles_make("main;a;x 50\nmain;a;y 3\nmain;a 2\nother 9\n");
    profile->time_ns = 1700000000;
    ck_assert_int_eq(pprof_encode(profile, &ret[0], NULL), 0);
    ck_assert_int_eq(pprof_write(profile, &ret[1], NULL), 0);
    ck_assert_int_eq(buffer_append_text(&ret[2], goroutines, NULL), 0);
    ck_assert_int_eq(buffer_append_text(&ret[3], folded, NULL), 0);
}

#define SAMPLES 4
#define SAMPLES_INIT                                                                   \
    {                                                                                  \
        BUFFER_INIT(10000), BUFFER_INIT(10000), BUFFER_INIT(10000), BUFFER_INIT(10000) \
    }

START_TEST(cut_off_anywhere)
{
    struct buffer samples[SAMPLES] = SAMPLES_INIT;
    make_samples(samples);
    for (unsigned i = 0; i < SAMPLES; i++) {
        for (size_t length = 0; length <= samples[i].length; length++)
            try_bytes(samples[i].data, length);
        buffer_done(&samples[i]);
    }
}
END_TEST

START_TEST(every_byte_changed_to_every_other)
{
    struct buffer samples[SAMPLES] = SAMPLES_INIT;
    make_samples(samples);
    for (unsigned i = 0; i < SAMPLES; i++) {
        for (size_t at = 0; at < samples[i].length; at++) {
            char kept = samples[i].data[at];
            for (unsigned value = 0; value < 256; value += i == 0 ? 1 : 17) {
                samples[i].data[at] = (char)value;
                try_bytes(samples[i].data, samples[i].length);
            }
            samples[i].data[at] = kept;
        }
        buffer_done(&samples[i]);
    }
}
END_TEST

/* Bytes changed, taken out and put in, several at a time. */
START_TEST(changed_at_random)
{
    struct buffer samples[SAMPLES] = SAMPLES_INIT;
    struct random random = random_from(11);
    make_samples(samples);
    for (unsigned round = 0; round < HOSTILE_ROUNDS; round++) {
        const struct buffer *sample = &samples[round % SAMPLES];
        char bytes[2048];
        size_t length = sample->length;
        memcpy(bytes, sample->data, length);
        for (size_t changes = 1 + random_below(&random, 8); changes > 0 && length > 1; changes--) {
            size_t at = random_below(&random, length);
            size_t other = random_below(&random, length);
            size_t span = random_below(&random, length - (at > other ? at : other));
            switch (random_below(&random, 4)) {
            case 0:
                bytes[at] = (char)random_below(&random, 256);
                break;
            case 1:
                memmove(bytes + at, bytes + other, span);
                break;
            case 2:
                memmove(bytes + at, bytes + at + 1, length - at - 1);
                length--;
                break;
            default:
                if (length < sizeof(bytes)) {
                    memmove(bytes + at + 1, bytes + at, length - at);
                    length++;
                }
                break;
            }
        }
        try_bytes(bytes, length);
    }
    for (unsigned i = 0; i < SAMPLES; i++)
        buffer_done(&samples[i]);
}
END_TEST

/* Refused with that, and within seconds (of a machine under the sanitizers). */
static void expect_refused(const struct buffer *bytes, const char *expected)
{
    struct error err = {0};
    struct profile *profile = NULL;
    nsec_t begin_ns = clock_now_ns();
    ck_assert_int_eq(pprof_read(buffer_text(bytes), bytes->length, &profile, &err), -1);
    ck_assert_str_eq(err.text, expected);
    ck_assert_int_lt(clock_now_ns() - begin_ns, 300 * NSEC_PER_SEC);
}

START_TEST(a_bomb_of_gzip_is_not_unpacked_to_its_end)
{
    CLEANUP(buffer_done) struct buffer bomb = BUFFER_INIT((size_t)64 << 20);
    CLEANUP(freep) char *zeroes = calloc(1, (size_t)16 << 20);
    ck_assert_ptr_nonnull(zeroes);
    /* Ten members of 16 MiB, in 160 KiB. */
    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq(gzip_pack(zeroes, (size_t)16 << 20, &bomb, NULL), 0);
    ck_assert_uint_lt(bomb.length, (size_t)200 << 10);
    expect_refused(&bomb, "gzip: it holds more than 128 MiB");
}
END_TEST

/* The same bytes many times over. (An assertion is far dearer than what it is about here.) */
static void put_often(struct buffer *out, const char *bytes, size_t length, size_t times)
{
    int status = 0;
    for (size_t i = 0; i < times && status == 0; i++)
        status = buffer_append(out, bytes, length, NULL);
    ck_assert_int_eq(status, 0);
}

static void put(struct buffer *out, uint32_t number, const struct buffer *message)
{
    ck_assert_int_eq(wire_put_bytes(out, number, buffer_text(message), message->length, NULL), 0);
}

/* A type, and a location of id 1 with so many lines. */
static void put_start(struct buffer *out, unsigned lines)
{
    CLEANUP(buffer_done) struct buffer location = BUFFER_INIT((size_t)64 << 20);
    ck_assert_int_eq(buffer_append(out, "\x0a\x02\x10\x00\x32\x00", 6, NULL), 0);
    ck_assert_int_eq(buffer_append(out, "\x2a\x04\x08\x01\x10\x01\x32\x01g", 9, NULL), 0);
    ck_assert_int_eq(wire_put_number(&location, 1, 1, NULL), 0);
    put_often(&location, "\x22\x02\x08\x01", 4, lines);
    put(out, 4, &location);
}

/* Each sample names that location: 2 MiB of them would be 10^11 frames. */
START_TEST(a_few_samples_cannot_stand_for_frames_without_end)
{
    CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT((size_t)64 << 20);
    put_start(&bytes, 200000);
    put_often(&bytes, "\x12\x06\x0a\x01\x01\x12\x01\x01", 8, 300000);
    struct error err = {0};
    struct profile *profile = NULL;
    ck_assert_int_eq(pprof_read(bytes.data, bytes.length, &profile, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "its samples have more than 134217728 frames"));
}
END_TEST

/* One sample of a stack a million deep is read, drawn and written, and nothing recurses. */
START_TEST(a_stack_may_be_very_deep)
{
    CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT((size_t)64 << 20);
    CLEANUP(buffer_done) struct buffer ids = BUFFER_INIT((size_t)64 << 20);
    CLEANUP(buffer_done) struct buffer sample = BUFFER_INIT((size_t)64 << 20);
    put_start(&bytes, 0);
    put_often(&ids, "\x01", 1, 1000000);
    put(&sample, 1, &ids);
    ck_assert_int_eq(buffer_append(&sample, "\x12\x01\x05", 3, NULL), 0);
    put(&bytes, 2, &sample);
    CLEANUP(profile_freep) struct profile *profile = NULL;
    ck_assert_int_eq(pprof_read(bytes.data, bytes.length, &profile, NULL), 0);
    ck_assert_uint_eq(profile->samples[0].depth, 1000000);
    LLVMFuzzerTestOneInput((const uint8_t *)bytes.data, bytes.length);
}
END_TEST

/* What costs others dozens of bytes for each: nothing is kept of what nobody asks for. */
START_TEST(millions_of_parts_stay_within_the_bound)
{
    static const struct {
        const char *part;
        size_t length;
        const char *expected;
    } cases[] = {
        {"\x12\x00", 2, "pprof: sample 0: it has 0 values, expected 1"},
        {"\x22\x00", 2, "pprof: a location without an id"},
        {"\x32\x00", 2, NULL}, /* texts */
        {"\x48\x01", 2, NULL}, /* the time, again and again */
        {"\x5a\x00", 2, NULL}, /* the period's type */
        {"\x78\x01", 2, NULL}, /* a field that nobody knows */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT((size_t)64 << 20);
        put_start(&bytes, 1);
        put_often(&bytes, cases[i].part, cases[i].length, 4000000);
        if (cases[i].expected != NULL) {
            expect_refused(&bytes, cases[i].expected);
            continue;
        }
        CLEANUP(profile_freep) struct profile *profile = NULL;
        ck_assert_int_eq(pprof_read(bytes.data, bytes.length, &profile, NULL), 0);
        ck_assert_uint_lt(profile->store.used_bytes, 4096);
    }
}
END_TEST

/* Locations with an id each, 7 bytes for which the reader keeps more: it ends at its bound. */
START_TEST(millions_of_locations_end_at_the_bound)
{
    CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT((size_t)64 << 20);
    put_start(&bytes, 1);
    int status = 0;
    for (unsigned i = 1 << 21; i < (1 << 21) + 6000000 && status == 0; i++) {
        const unsigned char location[] = {
            0x22,
            5,
            8,
            (unsigned char)(i | 0x80),
            (unsigned char)(i >> 7 | 0x80),
            (unsigned char)(i >> 14 | 0x80),
            (unsigned char)(i >> 21),
        };
        status = buffer_append(&bytes, location, sizeof(location), NULL);
    }
    ck_assert_int_eq(status, 0);
    expect_refused(&bytes, "pprof: it takes more than 256 MiB of memory");
}
END_TEST

static Suite *profile_hostile_suite(void)
{
    Suite *suite = suite_create("profile_hostile");
    TCase *tests = tcase_create("profile_hostile");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, cut_off_anywhere);
    tcase_add_test(tests, every_byte_changed_to_every_other);
    tcase_add_test(tests, changed_at_random);
    tcase_add_test(tests, a_bomb_of_gzip_is_not_unpacked_to_its_end);
    tcase_add_test(tests, a_few_samples_cannot_stand_for_frames_without_end);
    tcase_add_test(tests, a_stack_may_be_very_deep);
    tcase_add_test(tests, millions_of_parts_stay_within_the_bound);
    tcase_add_test(tests, millions_of_locations_end_at_the_bound);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(profile_hostile_suite);
