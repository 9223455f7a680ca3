#include <string.h>

#include "base/cleanup.h"
#include "driver/vm_initramfs.h"
#include "tests/support/check_main.h"

START_TEST(writes_a_cpio_archive_that_the_kernel_reads)
{
    CLEANUP(buffer_done) struct buffer archive = BUFFER_INIT(4096);
    CLEANUP(buffer_done) struct buffer content = BUFFER_INIT(16);
    ck_assert_int_eq(buffer_append_text(&content, "hello", NULL), 0);
    ck_assert_int_eq(vm_initramfs_add(&archive, "init", 0755, &content, NULL), 0);
    ck_assert_int_eq(vm_initramfs_finish(&archive, NULL), 0);

    /* Header of 110, "init" and a NUL make 115, padded to 116; 5 of content, padded to 124. */
    ck_assert_int_eq(memcmp(archive.data, "070701", 6), 0);
    ck_assert_int_eq(memcmp(archive.data + 14, "000081ed", 8), 0); /* mode */
    ck_assert_int_eq(memcmp(archive.data + 54, "00000005", 8), 0); /* size */
    ck_assert_int_eq(memcmp(archive.data + 94, "00000005", 8), 0); /* size of the name */
    ck_assert_str_eq(archive.data + 110, "init");
    ck_assert_int_eq(memcmp(archive.data + 116, "hello\0\0\0", 8), 0);
    ck_assert_int_eq(memcmp(archive.data + 124, "070701", 6), 0);
    ck_assert_str_eq(archive.data + 234, "TRAILER!!!");
    ck_assert_uint_eq(archive.length % 4, 0);
}
END_TEST

START_TEST(passes_the_command_on_byte_for_byte)
{
    char argument[] = "two\nlines, \xff";
    char name[] = "/bin/true";
    char variable[] = "A=b=c";
    char *argv[] = {name, argument, NULL};
    char *env[] = {variable, NULL};
    const struct vm_command command = {
        .argv = argv, .env = env, .cwd = "/a b", .writable_dir = "/out"};
    static const char expected[] = "clock=12\0share=/out\0cwd=/a b\0arg=/bin/true\0"
                                   "arg=two\nlines, \xff\0env=A=b=c";
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(4096);

    ck_assert_int_eq(vm_initramfs_command(&command, 12, &text, NULL), 0);
    ck_assert_uint_eq(text.length, sizeof(expected));
    ck_assert_int_eq(memcmp(text.data, expected, sizeof(expected)), 0);
}
END_TEST

static Suite *vm_initramfs_suite(void)
{
    Suite *suite = suite_create("vm_initramfs");
    TCase *archive = tcase_create("archive");
    tcase_add_test(archive, writes_a_cpio_archive_that_the_kernel_reads);
    tcase_add_test(archive, passes_the_command_on_byte_for_byte);
    suite_add_tcase(suite, archive);
    return suite;
}

CHECK_MAIN(vm_initramfs_suite);
