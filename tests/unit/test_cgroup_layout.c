/* cgroup_layout: the mounts of real machines. */
#include "memory/cgroup_layout.h"

#include "base/cleanup.h"
#include "tests/support/check_main.h"

static const char unified[] =
    "22 1 0:20 / /proc rw,relatime - proc proc rw\n"
    "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

static const char hybrid[] =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

static const char version_1[] =
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:1 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw shared:2 master:1 - cgroup cgroup rw,memory\n";

static const char docker_host_namespace[] =
    "1 0 0:30 /docker/abc /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n";

static const char escaped[] = "1 0 0:30 / /mnt/a\\040b rw - cgroup2 none rw\n";

/* "memory" as a part of another word is not the memory controller. */
static const char named[] = "1 0 0:30 / /sys/fs/cgroup/x rw - cgroup cgroup rw,name=memory\n";

static const struct {
    const char *mountinfo;
    enum cgroup_layout_kind kind;
    const char *v2_mount;
    const char *v1_memory;
} machines[] = {
    {unified, CGROUP_LAYOUT_V2, "/sys/fs/cgroup", ""},
    {hybrid, CGROUP_LAYOUT_HYBRID, "/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory"},
    {version_1, CGROUP_LAYOUT_V1, "", "/sys/fs/cgroup/memory"},
    {docker_host_namespace, CGROUP_LAYOUT_V2, "/sys/fs/cgroup", ""},
    {escaped, CGROUP_LAYOUT_V2, "/mnt/a b", ""},
    {named, CGROUP_LAYOUT_V1, "", ""},
    {"", CGROUP_LAYOUT_NONE, "", ""},
    {"garbage\n\n1 2 3\n", CGROUP_LAYOUT_NONE, "", ""},
};

START_TEST(recognises_the_layout)
{
    struct cgroup_layout layout;
    cgroup_layout_parse(machines[_i].mountinfo, &layout);
    ck_assert_str_eq(cgroup_layout_name(layout.kind), cgroup_layout_name(machines[_i].kind));
    ck_assert_str_eq(layout.v2_mount, machines[_i].v2_mount);
    ck_assert_str_eq(layout.v1_memory, machines[_i].v1_memory);
}
END_TEST

static const struct {
    const char *mountinfo;
    const char *proc_cgroup;
    const char *path; /* NULL: an error */
} owns[] = {
    {unified, "0::/\n", "/sys/fs/cgroup"},
    {unified, "0::/user.slice/run-1.scope\n", "/sys/fs/cgroup/user.slice/run-1.scope"},
    {hybrid, "4:memory:/x\n0::/y\n", "/sys/fs/cgroup/unified/y"},
    {docker_host_namespace, "0::/docker/abc\n", "/sys/fs/cgroup"},
    {docker_host_namespace, "0::/docker/abc/self\n", "/sys/fs/cgroup/self"},
    {docker_host_namespace, "0::/docker/abcd\n", NULL},
    {docker_host_namespace, "0::/\n", NULL},
    {unified, "0::/../other\n", NULL},
    {unified, "4:memory:/x\n", NULL},
    {unified, "", NULL},
};

START_TEST(finds_our_own_group)
{
    struct cgroup_layout layout;
    struct error err = {.kind = ERROR_NONE};
    char path[CGROUP_PATH_MAX] = "untouched";
    cgroup_layout_parse(owns[_i].mountinfo, &layout);
    int result = cgroup_layout_own(&layout, owns[_i].proc_cgroup, path, &err);
    ck_assert_int_eq(result, owns[_i].path != NULL ? 0 : -1);
    if (owns[_i].path != NULL)
        ck_assert_str_eq(path, owns[_i].path);
    else
        ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
}
END_TEST

START_TEST(reads_this_machine)
{
    struct cgroup_layout layout;
    ck_assert_int_eq(cgroup_layout_read(&layout, NULL), 0);
}
END_TEST

static Suite *cgroup_layout_suite(void)
{
    Suite *suite = suite_create("cgroup_layout");
    TCase *layouts = tcase_create("layouts");
    tcase_add_loop_test(layouts, recognises_the_layout, 0, (int)ARRAY_LENGTH(machines));
    tcase_add_loop_test(layouts, finds_our_own_group, 0, (int)ARRAY_LENGTH(owns));
    tcase_add_test(layouts, reads_this_machine);
    suite_add_tcase(suite, layouts);
    return suite;
}

CHECK_MAIN(cgroup_layout_suite);
