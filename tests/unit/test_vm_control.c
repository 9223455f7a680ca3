#include <string.h>

#include "base/cleanup.h"
#include "driver/vm_control.h"
#include "tests/support/check_main.h"

static void receive(struct vm_control *control, const char *text)
{
    size_t size = 0;
    char *space = vm_control_space(control, &size);
    ck_assert_uint_le(strlen(text), size);
    memcpy(space, text, strlen(text));
    vm_control_received(control, strlen(text));
}

static const struct {
    const char *line;
    enum vm_report_kind kind;
    int number;
    const char *text;
} lines[] = {
    {"release 6.1.0-56-amd64\n", VM_REPORT_RELEASE, 0, "6.1.0-56-amd64"},
    {"up\n", VM_REPORT_UP, 0, ""},
    {"alive\n", VM_REPORT_ALIVE, 0, ""},
    {"error module 9p: no\n", VM_REPORT_ERROR, 0, "module 9p: no"},
    {"exit 3\n", VM_REPORT_EXIT, 3, "3"},
    {"signal 9\n", VM_REPORT_SIGNAL, 9, "9"},
    {"what is this\nexit 0\n", VM_REPORT_EXIT, 0, "0"},
    {"exit\nexit x\nexit 1x\nexit 4\n", VM_REPORT_EXIT, 4, "4"},
};

START_TEST(reads_every_kind_of_line)
{
    struct vm_control control = {0};
    struct vm_report report;

    receive(&control, lines[_i].line);
    ck_assert(vm_control_next(&control, &report));
    ck_assert_int_eq(report.kind, lines[_i].kind);
    ck_assert_int_eq(report.number, lines[_i].number);
    ck_assert_str_eq(report.text, lines[_i].text);
    ck_assert(!vm_control_next(&control, &report));
}
END_TEST

START_TEST(joins_a_line_that_comes_in_pieces)
{
    struct vm_control control = {0};
    struct vm_report report;

    receive(&control, "up\nex");
    ck_assert(vm_control_next(&control, &report));
    ck_assert(!vm_control_next(&control, &report));
    receive(&control, "it 7");
    ck_assert(!vm_control_next(&control, &report));
    receive(&control, "\n");
    ck_assert(vm_control_next(&control, &report));
    ck_assert_int_eq(report.number, 7);
}
END_TEST

START_TEST(survives_a_line_without_end)
{
    struct vm_control control = {0};
    struct vm_report report;
    size_t size = 0;

    for (int i = 0; i < 3; i++) {
        char *space = vm_control_space(&control, &size);
        memset(space, 'x', size);
        vm_control_received(&control, size);
        ck_assert(!vm_control_next(&control, &report));
    }
    receive(&control, "\nup\n");
    ck_assert(vm_control_next(&control, &report));
    ck_assert_int_eq(report.kind, VM_REPORT_UP);
}
END_TEST

START_TEST(keeps_the_last_lines_of_a_stream)
{
    struct vm_tail tail = {0};
    char text[64];

    ck_assert_str_eq(vm_tail_text(&tail, 3, text, sizeof(text)), "");
    for (int i = 0; i < 1000; i++)
        vm_tail_add(&tail, "some line\r\n", 11);
    vm_tail_add(&tail, "one\n\033two\n\n", 10);
    ck_assert_str_eq(vm_tail_text(&tail, 2, text, sizeof(text)), "one\n two");
    ck_assert_str_eq(vm_tail_text(&tail, 9, text, 6), "\n two");
}
END_TEST

static Suite *vm_control_suite(void)
{
    Suite *suite = suite_create("vm_control");
    TCase *reports = tcase_create("reports");
    tcase_add_loop_test(reports, reads_every_kind_of_line, 0, (int)ARRAY_LENGTH(lines));
    tcase_add_test(reports, joins_a_line_that_comes_in_pieces);
    tcase_add_test(reports, survives_a_line_without_end);
    suite_add_tcase(suite, reports);
    TCase *tail = tcase_create("tail");
    tcase_add_test(tail, keeps_the_last_lines_of_a_stream);
    suite_add_tcase(suite, tail);
    return suite;
}

CHECK_MAIN(vm_control_suite);
