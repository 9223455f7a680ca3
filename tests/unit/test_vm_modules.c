#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "driver/vm_modules.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

/* The part of a .ko file that is read: ELF, and somewhere NUL-separated key=value. */
static void write_module(const struct temp_dir *dir, const char *name, const char *depends)
{
    CLEANUP(buffer_done) struct buffer file = BUFFER_INIT(4096);
    ck_assert_int_eq(buffer_append(&file, "\177ELFabc\0license=GPL\0depends=", 28, NULL), 0);
    ck_assert_int_eq(buffer_append(&file, depends, strlen(depends) + 1, NULL), 0);
    temp_dir_write(dir, name, "");
    ck_assert_int_eq(file_write_atomic(dir->fd, name, file.data, file.length, NULL), 0);
}

static int resolve(const struct temp_dir *dir, const char *name, struct vm_modules *ret,
                   struct error *err)
{
    return vm_modules_resolve(dir->path, &name, 1, ret, err);
}

START_TEST(puts_each_module_after_those_it_needs)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(vm_modules_done) struct vm_modules modules = {0};
    struct error err = {0};

    write_module(&dir, "kernel/fs/9p.ko", "9pnet,netfs");
    write_module(&dir, "kernel/net/9pnet.ko", "");
    write_module(&dir, "kernel/fs/netfs.ko", "fs-cache");
    write_module(&dir, "kernel/fs/fs_cache.ko", "");
    ck_assert_msg(resolve(&dir, "9p", &modules, &err) == 0, "%s", err.text);

    static const char *const order[] = {"9pnet", "fs_cache", "netfs", "9p"};
    ck_assert_uint_eq(modules.n_items, ARRAY_LENGTH(order));
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++)
        ck_assert_str_eq(modules.items[i].name, order[i]);
}
END_TEST

START_TEST(leaves_out_what_is_built_in)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(vm_modules_done) struct vm_modules modules = {0};
    struct error err = {0};

    write_module(&dir, "virtio-mmio.ko", "virtio");
    temp_dir_write(&dir, "modules.builtin", "kernel/drivers/virtio/virtio.ko\n");
    ck_assert_msg(resolve(&dir, "virtio_mmio", &modules, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(modules.n_items, 1);
}
END_TEST

START_TEST(says_which_module_is_missing_and_what_to_do)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct vm_modules modules = {0};
    struct error err = {0};

    write_module(&dir, "9p.ko", "9pnet");
    ck_assert_int_eq(resolve(&dir, "9p", &modules, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(err.text, "module 9pnet is not in"));
    ck_assert_ptr_nonnull(strstr(err.text, "leakcage vm prepare"));
}
END_TEST

START_TEST(refuses_compressed_modules_and_what_is_none)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct vm_modules modules = {0};
    struct error err = {0};

    temp_dir_write(&dir, "9p.ko.xz", "x");
    temp_dir_write(&dir, "text.ko", "not a module; depends=9p");
    ck_assert_int_eq(resolve(&dir, "9p", &modules, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "compressed"));
    ck_assert_int_eq(resolve(&dir, "text", &modules, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "not a kernel module"));
}
END_TEST

START_TEST(ends_on_modules_that_need_each_other)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct vm_modules modules = {0};
    struct error err = {0};

    write_module(&dir, "a.ko", "b");
    write_module(&dir, "b.ko", "a");
    ck_assert_int_eq(resolve(&dir, "a", &modules, &err), -1);
}
END_TEST

static Suite *vm_modules_suite(void)
{
    Suite *suite = suite_create("vm_modules");
    TCase *resolving = tcase_create("resolving");
    tcase_add_test(resolving, puts_each_module_after_those_it_needs);
    tcase_add_test(resolving, leaves_out_what_is_built_in);
    tcase_add_test(resolving, says_which_module_is_missing_and_what_to_do);
    tcase_add_test(resolving, refuses_compressed_modules_and_what_is_none);
    tcase_add_test(resolving, ends_on_modules_that_need_each_other);
    suite_add_tcase(suite, resolving);
    return suite;
}

CHECK_MAIN(vm_modules_suite);
