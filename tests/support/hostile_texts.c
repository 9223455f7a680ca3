#include "tests/support/hostile_texts.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

#define X4(text)    text text text text
#define X10(text)   text text text text text text text text text text
#define X100(text)  X10(X10(text))
#define X1000(text) X10(X100(text))

const struct hostile_text hostile_texts[] = {
    {"a script", "<script>alert(1)</script>"},
    {"the end of a script", "</script><script>alert(2)</script>"},
    {"a script in a comment", "<!--<script>alert(3)</script>-->"},
    {"the end of a title", "</title></style></textarea><script>alert(4)</script>"},
    {"an image that runs", "<img src=x onerror=alert(5)>"},
    {"a picture that runs", "<svg onload=alert(6)><animate onbegin=alert(6)>"},
    {"the end of an attribute", "\" onmouseover=\"alert(7)\" x=\""},
    {"the end of another attribute", "' autofocus onfocus='alert(8)' x='"},
    {"an address that runs", "javascript:alert(9)"},
    {"references", "&lt;b&gt; &amp; &#60;script&#62; &quot; &nosuch; &"},
    {"sections of XML", "]]> <![CDATA[ <?xml ?> <!DOCTYPE x [<!ENTITY a \"b\">]> &a;"},
    {"quotes", "'single' \"double\" `back` \xe2\x80\x9c\xe2\x80\x9d \\ \\\" \\' \\\\"},
    {"escapes of JSON", "\\u003cscript\\u003e \\n \\ud800 \",\"verdict\":\"clean\" }]}"},
    {"lines", "one\ntwo\rthree\r\nfour\n\nfive"},
    {"a workflow command", "x\n::error file=a,line=1::gone\n##[error]gone\n::stop-commands::x"},
    {"per cent", "100%0A::error::x %25 %s %n %p %1$s %"},
    {"the end of a table's cell", "a|b||c\n|---|\n| x | y |"},
    {"Markdown",
     "# x\n- *a* _b_ ~c~ `d` [e](javascript:alert(1)) ![f](http://x/) <g> > h\n```\n1. i\n"},
    {"a label of metrics", "a\",le=\"0\"} 1\nleakcage_up 0\n# EOF\n{b=\"\\\"\\n"},
    {"a formula", "=HYPERLINK(\"http://x/\"&A1,\"x\")"},
    {"formulas", "+1+1\n-1+1\n@SUM(1)\n\t=1"},
    {"separators", ",;:=\t%2c%3b a=1;b=2 \"a\",\"b\""},
    {"a shell's", "$(reboot) `reboot` ; reboot & | > /dev/null ${HOME} !! ~ *"},
    {"templates", "${7*7} {{7*7}} <%= 7*7 %> #{7*7}"},
    {"names of objects", "__proto__"},
    {"other names of objects", "constructor"},
    {"folders", "../../../etc/passwd"},
    {"colours", "\033[31mred\033[0m \033[1;5;7m"},
    {"commands of a terminal",
     "\033]0;title\a\033]8;;http://x/\033\\\033[2J\033[H\033[6n\033P$q\033\\"},
    {"a line that is overwritten", "failed\r\033[Kpassed\b\b\b\b\b\bPASSED"},
    {"controls", "\x01\x02\x03\x04\x05\x06\a\b\v\f\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19"
                 "\x1a\x1b\x1c\x1d\x1e\x1f\x7f"},
    {"controls of 8 bits", "\x9b"
                           "31m \x9d"
                           "0;x\x9c \x90 \x85 \x80"},
    {"the same in UTF-8", "\xc2\x9b"
                          "31m \xc2\x9d"
                          "0;x\xc2\x9c \xc2\x90 \xc2\x85 \xc2\x80"},
    {"what turns text", "\xe2\x80\xae"
                        "gpj.exe \xe2\x80\xab x \xe2\x81\xa7 y \xe2\x81\xa6 z"},
    {"line ends of Unicode", "one\xe2\x80\xa8two\xe2\x80\xa9three\xc2\x85"
                             "four"},
    {"no characters", "\xef\xbf\xbe \xef\xbf\xbf \xef\xb7\x90 \xf0\x9f\xbf\xbe \xef\xbb\xbf"},
    {"bytes", "\xff\xfe\xfd \x80\x81 \xbf \xc0 \xf8\x88\x80\x80\x80"},
    {"overlong forms", "\xc0\xbcscript\xc0\xbe \xe0\x80\xbc \xf0\x80\x80\xbc \xc0\x80 \xc1\xbf"},
    {"surrogates", "\xed\xa0\x80 \xed\xb0\x80 \xed\xa0\xbd\xed\xb8\x80"},
    {"beyond Unicode", "\xf4\x90\x80\x80 \xf7\xbf\xbf\xbf"},
    {"cut after one of two", "caf\xc3"},
    {"cut after two of three", "10 \xe2\x82"},
    {"cut after three of four", "so \xf0\x9f\x98"},
    {"cut before markup", "\xe2\x82<script>alert(10)</script>\xf0\x9f\x98\"\xc3'"},
    {"wide characters",
     "\xe6\xbc\xa2\xe5\xad\x97 \xf0\x9f\x94\xa5 e\xcc\x81\xcc\x81\xcc\x81 \xd7\xa9"},
    {"a blank", " "},
    {"blanks", "  a    b  "},
    {"long", X100(X4("long name "))},
    {"long, without a place to break", X1000(X4("W"))},
    {"long markup", X100(X4("<b>&\"'</b>"))},
    {"long of no text", X1000("\xff\xe2\x82")},
};
const size_t n_hostile_texts = ARRAY_LENGTH(hostile_texts);

/* Where it fits. */
#define PUT(array, text) snprintf(array, sizeof(array), "%s", text)

static void hostile_survey(struct survey *survey, const char *text)
{
    survey->n_sockets = survey->n_files = survey->n_processes = 1;
    survey->sockets[0] = (struct survey_group){.count = 3, .bytes = SURVEY_ABSENT};
    survey->files[0] = (struct survey_group){.count = 2, .bytes = 4096};
    survey->processes[0] = (struct survey_process){
        .pid = 7, .anon_bytes = 1, .threads = 1, .descriptors = 4, .shmem_bytes = SURVEY_ABSENT};
    PUT(survey->sockets[0].name, text);
    PUT(survey->files[0].name, text);
    PUT(survey->processes[0].name, text);
}

static void hostile_timeline(struct timeline *timeline, const char *text)
{
    static const enum mark_kind kinds[] = {MARK_PHASE, MARK_EXIT, MARK_DISTURBANCE};
    nsec_t end_ns = timeline->n_marks > 0 ? timeline->marks[timeline->n_marks - 1].t_ns : 0;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        timeline_add_mark(timeline, end_ns + NSEC_PER_SEC, kinds[i], 0, text);
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        hostile_survey(&timeline->cycles[i].settled, text);
        hostile_survey(&timeline->cycles[i].floor, text);
    }
}

void hostile_record(struct record *record, const char *id, const char *text)
{
    PUT(record->id, id != NULL ? id : text);
    PUT(record->scenario, text);
    PUT(record->variant, text);
    PUT(record->label, text);
    PUT(record->build, text);
    PUT(record->allocator, text);
    PUT(record->sanitizer_options, text);
    PUT(record->driver, text);
    PUT(record->target, text);
    PUT(record->accel, text);
    PUT(record->kernel, text);
    PUT(record->machine.architecture, text);
    PUT(record->machine.libc, text);
    PUT(record->machine.thp, text);
    PUT(record->pod, text);
    record->started_unix_ms = 1700000000000;
    record->n_runtimes = 1;
    record->runtimes[0] =
        (struct runtime){.kind = RUNTIME_JVM, .pid = 7, .has_heap_max = true, .heap_max_bytes = 1};
    PUT(record->runtimes[0].version, text);
    PUT(record->runtimes[0].heap_from, text);
    PUT(record->warnings[0], text);
    record->n_warnings = 1;
    hostile_timeline(record->timeline, text);
    PUT(record->verdict.reason, text);
    PUT(record->verdict.evidence, text);
    PUT(record->verdict.effect, text);
}

/* An assertion for each character would take a minute. */
static void hostile_expect(const char *what, const char *text, size_t length, bool has_lines)
{
    size_t at = 0;
    ck_assert_msg(strlen(text) == length, "%s: a NUL at %zu of %zu", what, strlen(text), length);
    while (at < length) {
        size_t bytes = utf8_length(text + at);
        if (bytes == 0)
            ck_abort_msg("%s: no UTF-8 at %zu: \"%.20s\"", what, at, text + at);
        uint32_t point = utf8_point(text + at, bytes);
        bool is_control = point < 0x20 || (point >= 0x7f && point < 0xa0);
        bool turns = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
        if ((is_control || turns) && !(has_lines && point == '\n'))
            ck_abort_msg("%s: U+%04X at %zu, behind \"%.*s\"", what, (unsigned)point, at,
                         (int)(at < 200 ? at : 200), text + (at < 200 ? 0 : at - 200));
        at += bytes;
    }
}

void hostile_expect_harmless(const char *what, const char *text, size_t length)
{
    hostile_expect(what, text, length, true);
}

void hostile_expect_line(const char *what, const char *text, size_t length)
{
    hostile_expect(what, text, length, false);
}
