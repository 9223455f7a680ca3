/* runtime: which one a process is, and how large its heap may become. */
#include "memory/runtime.h"

#include <string.h>

#include "tests/support/check_main.h"

#define MIB ((uint64_t)1024 * 1024)

#define JVM_LIBRARY "/usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so"

static const char *const no_words[] = {NULL};

static struct runtime_facts facts_of(const char *exe, const char *library)
{
    return (struct runtime_facts){.exe = exe,
                                  .library = library,
                                  .go_version = "",
                                  .words = no_words,
                                  .env = no_words,
                                  .limit_bytes = 256 * MIB};
}

static struct runtime recognise(const struct runtime_facts *facts)
{
    struct runtime runtime = {.pid = 7};
    runtime_recognise(facts, &runtime);
    ck_assert_int_eq(runtime.pid, 7);
    return runtime;
}

START_TEST(a_runtime_is_known_by_its_program_or_a_library)
{
    static const struct {
        const char *exe, *library, *go_version;
        enum runtime_kind kind;
        const char *version;
    } cases[] = {
        {"/usr/lib/jvm/java-17-openjdk-amd64/bin/java", JVM_LIBRARY, "", RUNTIME_JVM, "17"},
        {"/opt/jdk-21.0.2/bin/java", "/opt/jdk-21.0.2/lib/server/libjvm.so", "", RUNTIME_JVM,
         "21.0.2"},
        {"/app/launcher", "/app/jvm/libjvm.so", "", RUNTIME_JVM, ""},
        {"/usr/bin/node", "", "", RUNTIME_NODE, ""},
        {"/opt/node-v20.11.1/bin/node", "", "", RUNTIME_NODE, "20.11.1"},
        {"/usr/bin/python3.11", "", "", RUNTIME_PYTHON, "3.11"},
        {"/usr/sbin/uwsgi", "/usr/lib/libpython3.9.so.1.0", "", RUNTIME_PYTHON, "3.9"},
        {"/usr/bin/ruby3.1", "/usr/lib/libruby-3.1.so.3.1", "", RUNTIME_RUBY, "3.1"},
        {"/app/server", "", "go1.19.8", RUNTIME_GO, "1.19.8"},
        {"/usr/share/dotnet/dotnet",
         "/usr/share/dotnet/shared/Microsoft.NETCore.App/6.0.25/libcoreclr.so", "", RUNTIME_DOTNET,
         "6.0.25"},
        {"/usr/sbin/nginx", "", "", RUNTIME_NATIVE, ""},
        {"/usr/bin/nodelay", "", "", RUNTIME_NATIVE, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct runtime_facts facts = facts_of(cases[i].exe, cases[i].library);
        facts.go_version = cases[i].go_version;
        struct runtime runtime = recognise(&facts);
        ck_assert_msg(runtime.kind == cases[i].kind, "%s: %s", cases[i].exe,
                      runtime_kind_name(runtime.kind));
        ck_assert_str_eq(runtime.version, cases[i].version);
    }
}
END_TEST

START_TEST(a_mapped_file_tells_by_its_name)
{
    ck_assert(runtime_is_library(JVM_LIBRARY));
    ck_assert(runtime_is_library("/usr/lib/libpython3.11.so.1.0"));
    ck_assert(!runtime_is_library("/usr/lib/x86_64-linux-gnu/libc.so.6"));
    ck_assert(!runtime_is_library("/opt/libjvm.so.d/other.so"));
}
END_TEST

/* As `java -XX:MaxRAM=…m -XX:+PrintFlagsFinal` says. */
START_TEST(a_jvm_chooses_its_heap_by_the_limit)
{
    static const struct {
        uint64_t limit_mib, heap_mib;
    } cases[] = {{64, 32},   {100, 50},  {128, 64},  {200, 100},  {250, 126}, {256, 126},
                 {300, 126}, {500, 126}, {512, 128}, {1024, 256}, {2048, 512}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct runtime_facts facts = facts_of("/usr/bin/java", JVM_LIBRARY);
        facts.limit_bytes = cases[i].limit_mib * MIB;
        struct runtime runtime = recognise(&facts);
        ck_assert(runtime.has_heap_max && !runtime.heap_is_constant);
        ck_assert_uint_eq(runtime.heap_max_bytes, cases[i].heap_mib * MIB);
        ck_assert_ptr_nonnull(strstr(runtime.heap_from, "-Xmx unset"));
    }
}
END_TEST

START_TEST(options_of_a_jvm_go_before_its_choice)
{
    static const char *const words[] = {"java",     "-cp",      "/a.jar",
                                        "-Xmx100m", "-Xms100m", "-XX:+AlwaysPreTouch",
                                        "Main",     "-Xmx1g",   NULL};
    struct runtime_facts facts = facts_of("/usr/bin/java", JVM_LIBRARY);
    facts.words = words;
    struct runtime runtime = recognise(&facts);
    ck_assert_uint_eq(runtime.heap_max_bytes, 100 * MIB);
    ck_assert(runtime.heap_is_constant);
    ck_assert_str_eq(runtime.heap_from, "-Xmx, -Xms the same, AlwaysPreTouch");

    static const char *const tool[] = {"PATH=/bin", "JAVA_TOOL_OPTIONS=-Xmx1g  -Xmx80m", NULL};
    static const char *const jar[] = {"java", "-jar", "app.jar", "-Xmx9m", NULL};
    facts.words = jar;
    facts.env = tool;
    runtime = recognise(&facts);
    ck_assert_uint_eq(runtime.heap_max_bytes, 80 * MIB);
    ck_assert(!runtime.heap_is_constant);

    static const char *const percent[] = {"java", "-XX:MaxRAMPercentage=75.0", "Main", NULL};
    facts.words = percent;
    facts.env = no_words;
    runtime = recognise(&facts);
    ck_assert_uint_eq(runtime.heap_max_bytes, 192 * MIB);
    ck_assert_str_eq(runtime.heap_from, "MaxRAMPercentage 75 of the limit");
}
END_TEST

/* As v8.getHeapStatistics().heap_size_limit says, less the three MiB of the new space. */
START_TEST(node_takes_half_of_the_limit_and_not_less_than_it_likes)
{
    static const struct {
        uint64_t limit_mib, heap_mib;
        const char *from;
    } cases[] = {{64, 256, "V8's least"},
                 {512, 256, "half of the limit"},
                 {1024, 512, "half of the limit"},
                 {8192, 2048, "V8's most"},
                 {16384, 4096, "V8's most"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct runtime_facts facts = facts_of("/usr/bin/node", "");
        facts.limit_bytes = cases[i].limit_mib * MIB;
        struct runtime runtime = recognise(&facts);
        ck_assert_uint_eq(runtime.heap_max_bytes, cases[i].heap_mib * MIB);
        ck_assert_msg(strncmp(runtime.heap_from, cases[i].from, strlen(cases[i].from)) == 0 ||
                          cases[i].limit_mib == 16384,
                      "%s", runtime.heap_from);
    }
    static const char *const words[] = {
        "node", "--expose-gc", "--max_old_space_size=100", "a.js", "--max-old-space-size=7", NULL};
    static const char *const env[] = {"NODE_OPTIONS=--trace-gc --max-old-space-size=90", NULL};
    struct runtime_facts facts = facts_of("/usr/bin/node", "");
    facts.env = env;
    ck_assert_uint_eq(recognise(&facts).heap_max_bytes, 90 * MIB);
    facts.words = words;
    ck_assert_uint_eq(recognise(&facts).heap_max_bytes, 100 * MIB);
}
END_TEST

START_TEST(go_has_no_bound_but_the_one_it_is_told)
{
    char text[RUNTIME_TEXT_MAX];
    static const char *const env[] = {"GOMEMLIMIT=200MiB", "GOGC=50", NULL};
    struct runtime_facts facts = facts_of("/app/server", "");
    facts.go_version = "go1.19.8";
    struct runtime runtime = recognise(&facts);
    ck_assert(!runtime.has_heap_max);
    ck_assert_str_eq(runtime_text(&runtime, text),
                     "Go 1.19.8, heap without a bound (GOMEMLIMIT unset, GOGC 100)");
    facts.env = env;
    runtime = recognise(&facts);
    ck_assert_uint_eq(runtime.heap_max_bytes, 200 * MIB);
    ck_assert_str_eq(runtime_text(&runtime, text),
                     "Go 1.19.8, heap at most 200.0 MiB (GOMEMLIMIT, GOGC 50)");
}
END_TEST

START_TEST(dotnet_takes_three_quarters)
{
    static const char *const env[] = {"DOTNET_GCHeapHardLimit=6400000", NULL};
    struct runtime_facts facts = facts_of("/usr/bin/dotnet", "/x/libcoreclr.so");
    ck_assert_uint_eq(recognise(&facts).heap_max_bytes, 192 * MIB);
    facts.env = env;
    ck_assert_uint_eq(recognise(&facts).heap_max_bytes, 100 * MIB);
}
END_TEST

START_TEST(it_is_said_in_a_line)
{
    char text[RUNTIME_TEXT_MAX];
    struct runtime_facts facts = facts_of("/usr/bin/java", JVM_LIBRARY);
    facts.limit_bytes = 1024 * MIB;
    struct runtime runtime = recognise(&facts);
    ck_assert_str_eq(runtime_text(&runtime, text),
                     "Java 17, heap at most 256.0 MiB (a quarter of the limit; -Xmx unset)");
    facts = facts_of("/usr/bin/python3.11", "");
    runtime = recognise(&facts);
    ck_assert_str_eq(runtime_text(&runtime, text), "Python 3.11");
    ck_assert(!runtime_has_garbage(runtime.kind));
    ck_assert(runtime_has_garbage(RUNTIME_JVM) && !runtime_has_garbage(RUNTIME_NATIVE));
}
END_TEST

START_TEST(go_leaves_its_version_in_the_program)
{
    unsigned char data[256] = {0};
    char version[RUNTIME_VERSION_MAX] = "";
    ck_assert(!runtime_go_version(data, sizeof(data), version, sizeof(version)));
    memcpy(data + 48, "\xff Go buildinf:\x08\x02", 16);
    data[80] = 8;
    memcpy(data + 81, "go1.19.8", 8);
    ck_assert(runtime_go_version(data, sizeof(data), version, sizeof(version)));
    ck_assert_str_eq(version, "go1.19.8");
    data[63] = 0; /* of before 1.18: a pointer, which leads elsewhere */
    ck_assert(runtime_go_version(data, sizeof(data), version, sizeof(version)));
    ck_assert_str_eq(version, "go");
    data[63] = 2;
    ck_assert(runtime_go_version(data, 84, version, sizeof(version))); /* cut off */
    ck_assert_str_eq(version, "go");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("runtime");
    TCase *kinds = tcase_create("kinds");
    TCase *heaps = tcase_create("heaps");
    tcase_add_test(kinds, a_runtime_is_known_by_its_program_or_a_library);
    tcase_add_test(kinds, a_mapped_file_tells_by_its_name);
    tcase_add_test(kinds, go_leaves_its_version_in_the_program);
    tcase_add_test(kinds, it_is_said_in_a_line);
    tcase_add_test(heaps, a_jvm_chooses_its_heap_by_the_limit);
    tcase_add_test(heaps, options_of_a_jvm_go_before_its_choice);
    tcase_add_test(heaps, node_takes_half_of_the_limit_and_not_less_than_it_likes);
    tcase_add_test(heaps, go_has_no_bound_but_the_one_it_is_told);
    tcase_add_test(heaps, dotnet_takes_three_quarters);
    suite_add_tcase(s, kinds);
    suite_add_tcase(s, heaps);
    return s;
}

CHECK_MAIN(suite);
