/* pprof: what is written reads back the same, and what others write is understood. */
#include "profile/pprof_read.h"

#include <string.h>

#include "base/cleanup.h"
#include "profile/gzip.h"
#include "profile/pprof_write.h"
#include "profile/wire.h"
#include "tests/support/check_main.h"
#include "tests/support/profiles.h"

#define MESSAGE_MAX ((size_t)1 << 20)

/* A message by hand: {field, number}, up to {0, 0}. */
struct number {
    uint32_t field;
    uint64_t value;
};

static void put_message(struct buffer *out, uint32_t field, const struct number *numbers)
{
    CLEANUP(buffer_done) struct buffer message = BUFFER_INIT(MESSAGE_MAX);
    for (; numbers->field != 0; numbers++)
        ck_assert_int_eq(wire_put_number(&message, numbers->field, numbers->value, NULL), 0);
    ck_assert_int_eq(wire_put_bytes(out, field, buffer_text(&message), message.length, NULL), 0);
}

static void put_strings(struct buffer *out, const char *const *strings)
{
    for (; *strings != NULL; strings++)
        ck_assert_int_eq(wire_put_bytes(out, 6, *strings, strlen(*strings), NULL), 0);
}

#define NUMBERS(...) ((const struct number[]){__VA_ARGS__, {0, 0}})
#define STRINGS(...) ((const char *const[]){"", __VA_ARGS__, NULL})

static void expect_read(const struct buffer *bytes, const char *expected)
{
    struct error err = {0};
    CLEANUP(profile_freep) struct profile *profile = NULL;
    ck_assert_msg(pprof_read(buffer_text(bytes), bytes->length, &profile, &err) == 0, "%s",
                  err.text);
    CLEANUP(freep) char *text = profiles_text(profile);
    ck_assert_str_eq(text, expected);
}

static void expect_refused(const struct buffer *bytes, const char *expected)
{
    struct error err = {0};
    struct profile *profile = NULL;
    ck_assert_int_eq(pprof_read(buffer_text(bytes), bytes->length, &profile, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_eq(err.text, expected);
}

static struct profile *heap(void)
{
    struct profile *profile = NULL;
    ck_assert_int_eq(profile_new(&profile, NULL), 0);
    ck_assert_int_eq(profile_add_type(profile, "inuse_objects", "count", NULL), 0);
    ck_assert_int_eq(profile_add_type(profile, "inuse_space", "bytes", NULL), 0);
    profile->default_type = 1;
    profile->time_ns = 1700000000000000000;
    profile->duration_ns = 5;
    profile->period = 524288;
    profile->period_type = (struct profile_type){"space", "bytes"};
    uint32_t frames[3];
    static const struct profile_frame parts[] = {
        {.function = "main.leak", .file = "/src/main.go", .line = 41},
        {.function = "main.main", .file = "/src/main.go", .line = 7, .module = "/bin/service"},
        {.function = "main.leak", .file = "/src/main.go", .line = 43},
    };
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(profile_add_frame(profile, &parts[i], &frames[i], NULL), 0);
    const uint32_t first[] = {frames[0], frames[1]};
    const uint32_t second[] = {frames[2], frames[2], frames[1]};
    ck_assert_int_eq(profile_add_sample(profile, first, 2, (int64_t[]){3, 3072}, NULL), 0);
    ck_assert_int_eq(profile_add_sample(profile, second, 3, (int64_t[]){-1, INT64_MIN / 2}, NULL),
                     0);
    ck_assert_int_eq(profile_add_sample(profile, NULL, 0, (int64_t[]){0, 9}, NULL), 0);
    /* The same but for the module. */
    const struct profile_frame other = {
        .function = "main.main", .file = "/src/main.go", .line = 7, .module = "/lib/libplugin.so"};
    ck_assert_int_eq(profile_add_frame(profile, &other, &frames[0], NULL), 0);
    ck_assert_uint_eq(frames[0], profile->n_frames - 1);
    ck_assert_uint_eq(profile->frames[frames[0]].function_id,
                      profile->frames[frames[1]].function_id);
    ck_assert_int_eq(profile_add_sample(profile, frames, 1, (int64_t[]){1, 1}, NULL), 0);
    return profile;
}

START_TEST(what_is_written_reads_back_the_same)
{
    CLEANUP(profile_freep) struct profile *written = heap();
    CLEANUP(freep) char *expected = profiles_text(written);
    CLEANUP(buffer_done) struct buffer plain = BUFFER_INIT(MESSAGE_MAX);
    CLEANUP(buffer_done) struct buffer packed = BUFFER_INIT(MESSAGE_MAX);
    ck_assert_int_eq(pprof_encode(written, &plain, NULL), 0);
    ck_assert_int_eq(pprof_write(written, &packed, NULL), 0);
    ck_assert(gzip_is(packed.data, packed.length));
    ck_assert(!gzip_is(plain.data, plain.length));
    expect_read(&plain, expected);
    expect_read(&packed, expected);

    /* To the byte, once more. */
    CLEANUP(profile_freep) struct profile *read = NULL;
    CLEANUP(buffer_done) struct buffer again = BUFFER_INIT(MESSAGE_MAX);
    ck_assert_int_eq(pprof_read(packed.data, packed.length, &read, NULL), 0);
    ck_assert_int_eq(pprof_write(read, &again, NULL), 0);
    ck_assert_uint_eq(again.length, packed.length);
    ck_assert_mem_eq(again.data, packed.data, packed.length);
}
END_TEST

START_TEST(inlined_functions_are_frames_of_their_own)
{
    CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT(MESSAGE_MAX);
    CLEANUP(buffer_done) struct buffer location = BUFFER_INIT(MESSAGE_MAX);
    put_message(&bytes, 1, NUMBERS({1, 1}, {2, 2}));
    /* Samples before what they need, numbers one by one. */
    put_message(&bytes, 2, NUMBERS({1, 7}, {1, 8}, {2, 5}));
    wire_put_number(&location, 1, 7, NULL);
    put_message(&location, 4, NUMBERS({1, 1}, {2, 11}));
    put_message(&location, 4, NUMBERS({1, 2}, {2, 22}));
    wire_put_bytes(&bytes, 4, location.data, location.length, NULL);
    buffer_clear(&location);
    wire_put_number(&location, 1, 8, NULL);
    put_message(&location, 4, NUMBERS({1, 2}, {2, 33}, {3, 4}));
    wire_put_bytes(&bytes, 4, location.data, location.length, NULL);
    put_message(&bytes, 5, NUMBERS({1, 1}, {2, 3}, {4, 5}));
    put_message(&bytes, 5, NUMBERS({1, 2}, {3, 4}, {4, 5}));
    put_strings(&bytes, STRINGS("inuse_space", "bytes", "inner", "outer", "a.c"));
    wire_put_number(&bytes, 14, 1, NULL);
    expect_read(&bytes, "*inuse_space/bytes / 0 0 0\n"
                        "inner (a.c:11) < outer (a.c:22) < outer (a.c:33): 5\n");
}
END_TEST

START_TEST(what_has_no_name_is_called_by_its_place_in_the_file)
{
    CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT(MESSAGE_MAX);
    put_strings(&bytes, STRINGS("space", "bytes", "/usr/lib/libx.so.1"));
    put_message(&bytes, 1, NUMBERS({1, 1}, {2, 2}));
    put_message(&bytes, 3, NUMBERS({1, 1}, {2, 0x7000}, {3, 0x9000}, {4, 0x100}, {5, 3}));
    put_message(&bytes, 3, NUMBERS({1, 2}, {2, 0x1000}));
    put_message(&bytes, 4, NUMBERS({1, 1}, {2, 1}, {3, 0x7234}));
    put_message(&bytes, 4, NUMBERS({1, 2}, {2, 2}, {3, 0x1234}));
    put_message(&bytes, 4, NUMBERS({1, 3}, {3, 0x55}));
    put_message(&bytes, 4, NUMBERS({1, 4}));
    put_message(&bytes, 2, NUMBERS({1, 1}, {1, 2}, {1, 3}, {1, 4}, {2, 5}));
    expect_read(&bytes, "space/bytes / 0 0 0\n"
                        "libx.so.1+0x334 in /usr/lib/libx.so.1 < 0x1234 < 0x55 < (unknown): 5\n");
}
END_TEST

START_TEST(what_labels_alone_tell_apart_is_one_sample)
{
    CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT(MESSAGE_MAX);
    CLEANUP(buffer_done) struct buffer sample = BUFFER_INIT(MESSAGE_MAX);
    put_strings(&bytes, STRINGS("space", "bytes"));
    put_message(&bytes, 1, NUMBERS({1, 1}, {2, 2}));
    put_message(&bytes, 4, NUMBERS({1, 1}, {3, 0x55}));
    for (unsigned i = 1; i < 4; i++) {
        buffer_clear(&sample);
        wire_put_bytes(&sample, 1, "\1", 1, NULL);
        wire_put_bytes(&sample, 2, &(char){(char)i}, 1, NULL);
        put_message(&sample, 3, NUMBERS({1, 2}, {3, i}));
        wire_put_bytes(&bytes, 2, sample.data, sample.length, NULL);
    }
    /* Fields that are not known, of every type. */
    buffer_append(&bytes, "\x78\x01\x79nnnnnnnn\x7dnnnn\x7a\2ok", 20, NULL);
    expect_read(&bytes, "space/bytes / 0 0 0\n0x55: 6\n");
}
END_TEST

/* Refused with that, when this is added to a profile of one type and one location. */
static void expect_added_is_refused(uint32_t field, const struct number *numbers,
                                    const char *expected)
{
    CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT(MESSAGE_MAX);
    put_strings(&bytes, STRINGS("space", "bytes"));
    put_message(&bytes, 1, NUMBERS({1, 1}, {2, 2}));
    put_message(&bytes, 3, NUMBERS({1, 1}));
    put_message(&bytes, 4, NUMBERS({1, 1}));
    put_message(&bytes, 5, NUMBERS({1, 1}));
    put_message(&bytes, 2, NUMBERS({1, 1}, {2, 2}));
    put_message(&bytes, field, numbers);
    expect_refused(&bytes, expected);
}

START_TEST(what_does_not_hang_together_is_refused_and_named)
{
    expect_added_is_refused(2, NUMBERS({1, 9}, {2, 1}), "pprof: sample 1: there is no location 9");
    expect_added_is_refused(2, NUMBERS({1, 1}), "pprof: sample 1: it has 0 values, expected 1");
    expect_added_is_refused(2, NUMBERS({2, 1}, {2, 1}),
                            "pprof: sample 1: it has more values than types");
    expect_added_is_refused(2, NUMBERS({2, INT64_MAX}),
                            "pprof: sample 1: the values of space are beyond 64 bits");
    expect_added_is_refused(1, NUMBERS({1, 3}), "pprof: sample type 1: there is no string 3");
    expect_added_is_refused(3, NUMBERS({1, 1}), "pprof: mapping 1 is there twice");
    expect_added_is_refused(4, NUMBERS({1, 1}), "pprof: location 1 is there twice");
    expect_added_is_refused(5, NUMBERS({1, 1}), "pprof: function 1 is there twice");
    expect_added_is_refused(5, NUMBERS({2, 1}), "pprof: a function without an id");
    expect_added_is_refused(11, NUMBERS({1, 77}), "pprof: there is no string 77");
    expect_added_is_refused(9, NUMBERS({1, 1}), "pprof: byte 42: field 9 is not a number");
}
END_TEST

START_TEST(what_is_no_message_is_refused_with_its_byte)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *expected;
    } cases[] = {
        {"", 0, "pprof: it has no sample type"},
        {"\x0a", 1, "pprof: byte 1: it ends within a number"},
        {"\x0a\x05\x08", 3, "pprof: byte 2: a field is longer than what holds it"},
        {"\x0a\x02\x08", 3, "pprof: byte 2: a field is longer than what holds it"},
        {"\x0a\x01\x08\x32\x00", 4, "pprof: byte 4: it ends within a number"},
        {"\x48\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11,
         "pprof: byte 1: a number is beyond 64 bits"},
        {"\x48\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 12,
         "pprof: byte 1: a number is beyond 64 bits"},
        {"\x0b", 1, "pprof: byte 0: no such type of a field"},
        {"\x02\x00", 2, "pprof: byte 0: no such field number"},
        {"\x79nnnn", 5, "pprof: byte 1: it ends within a number"},
        {"\x12\x02\x0d\x00", 4, "pprof: it has no sample type"},
        {"\x10\x01", 2, "pprof: byte 0: field 2 is not a message"},
        {"\x1f\x8b\x08", 3, "gzip: it is cut short"},
        {"\x1f\x8b\x09\0\0\0\0\0\0\0", 10, "gzip: unknown compression method"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        struct profile *profile = NULL;
        ck_assert_int_eq(pprof_read(cases[i].bytes, cases[i].length, &profile, &err), -1);
        ck_assert_str_eq(err.text, cases[i].expected);
        ck_assert_int_eq(err.kind, ERROR_USAGE);
    }
}
END_TEST

START_TEST(gzip_gives_back_what_it_was_given_in_one_piece_or_more)
{
    CLEANUP(buffer_done) struct buffer packed = BUFFER_INIT(MESSAGE_MAX);
    CLEANUP(buffer_done) struct buffer plain = BUFFER_INIT(MESSAGE_MAX);
    CLEANUP(buffer_done) struct buffer long_text = BUFFER_INIT(MESSAGE_MAX);
    for (unsigned i = 0; i < 100000; i++)
        buffer_append(&long_text, &(char){(char)(i * i >> 7)}, 1, NULL);
    ck_assert_int_eq(gzip_pack(long_text.data, long_text.length, &packed, NULL), 0);
    ck_assert_int_eq(gzip_pack("tail", 4, &packed, NULL), 0);
    ck_assert_int_eq(gzip_unpack(packed.data, packed.length, &plain, NULL), 0);
    buffer_append_text(&long_text, "tail", NULL);
    ck_assert_uint_eq(plain.length, long_text.length);
    ck_assert_mem_eq(plain.data, long_text.data, plain.length);

    struct error err = {0};
    buffer_append_text(&packed, "rest", NULL);
    ck_assert_int_eq(gzip_unpack(packed.data, packed.length, &plain, &err), -1);
    ck_assert_str_eq(err.text, "gzip: incorrect header check");
}
END_TEST

static Suite *pprof_suite(void)
{
    Suite *suite = suite_create("pprof");
    TCase *tests = tcase_create("pprof");
    tcase_add_test(tests, what_is_written_reads_back_the_same);
    tcase_add_test(tests, inlined_functions_are_frames_of_their_own);
    tcase_add_test(tests, what_has_no_name_is_called_by_its_place_in_the_file);
    tcase_add_test(tests, what_labels_alone_tell_apart_is_one_sample);
    tcase_add_test(tests, what_does_not_hang_together_is_refused_and_named);
    tcase_add_test(tests, what_is_no_message_is_refused_with_its_byte);
    tcase_add_test(tests, gzip_gives_back_what_it_was_given_in_one_piece_or_more);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(pprof_suite);
