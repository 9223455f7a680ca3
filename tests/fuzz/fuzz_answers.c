/* What scripts and runtimes in a service, engines of containers and a guest answer, told apart by
 * the first byte: "h" what is held, by a script (instrument/held_text.h); "j" a JVM's histogram of
 * classes; "c", "i", "o" what an engine says of a container, an image, and an image of itself; "m"
 * messages of a session in a guest; "v" lines of a guest's init. */
#include <string.h>

#include "base/cleanup.h"
#include "driver/container_facts.h"
#include "driver/vm_control.h"
#include "instrument/class_histogram.h"
#include "instrument/held_text.h"
#include "run/message.h"
#include "tests/fuzz/fuzz.h"

static void check_profile(const struct profile *profile)
{
    for (size_t i = 0; i < profile->n_samples; i++)
        for (uint32_t k = 0; k < profile->samples[i].depth; k++)
            FUZZ_REQUIRE(profile->samples[i].frames[k] < profile->n_frames);
    for (unsigned type = 0; type < profile->n_types; type++)
        (void)profile_total(profile, type);
}

static void check_held(const char *text, size_t size, bool is_java)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    struct error err = {.kind = ERROR_NONE};
    FUZZ_REQUIRE(held_text_profile(&profile, &err) == 0);
    (void)held_text_is_whole(text, size);
    int status = is_java ? class_histogram_read(text, size, profile, &err)
                         : held_text_read(text, size, profile, &err);
    if (status == 0)
        check_profile(profile);
    else
        FUZZ_REQUIRE(err.text[0] != '\0');
}

static void check_container(const char *text, size_t size)
{
    struct container_facts facts;
    struct error err = {.kind = ERROR_NONE};
    char url[256];
    if (container_facts_parse("inspect", text, size, &facts, &err) < 0) {
        FUZZ_REQUIRE(err.text[0] != '\0');
        return;
    }
    FUZZ_REQUIRE(facts.n_ports <= CONTAINER_PORTS_MAX && facts.pid >= 0);
    if (container_facts_endpoint(&facts, 8080, url, sizeof(url), &err) < 0)
        FUZZ_REQUIRE(err.text[0] != '\0');
    (void)container_facts_endpoint(&facts, 0, url, sizeof(url), &err);
}

static void check_image(const char *text, size_t size, bool is_config)
{
    struct image_facts facts;
    struct error err = {.kind = ERROR_NONE};
    int status = is_config ? image_facts_parse_config("config", text, size, &facts, &err)
                           : image_facts_parse("inspect", text, size, &facts, &err);
    FUZZ_REQUIRE(status == 0 || err.text[0] != '\0');
    FUZZ_REQUIRE(status < 0 || facts.n_ports <= CONTAINER_PORTS_MAX);
}

/* In two pieces. */
static void check_messages(const char *text, size_t size)
{
    static struct message_reader reader;
    struct message message;
    size_t first = size / 2;
    memset(&reader, 0, sizeof(reader));
    for (int i = 0; i < 2; i++) {
        message_reader_feed(&reader, i == 0 ? text : text + first, i == 0 ? first : size - first);
        while (message_reader_next(&reader, &message)) {
            FUZZ_REQUIRE(strlen(message.id) < sizeof(message.id) &&
                         strchr(message.id, '/') == NULL);
            if (message.kind == MESSAGE_PROGRESS)
                FUZZ_REQUIRE(message.progress.phase != NULL && message.progress.id != NULL);
        }
    }
}

static void check_control(const char *text, size_t size)
{
    struct vm_control control = {.length = 0};
    struct vm_tail tail = {.length = 0};
    struct vm_report report;
    char shown[512];
    for (size_t at = 0; at < size;) {
        size_t room = 0;
        char *space = vm_control_space(&control, &room);
        FUZZ_REQUIRE(room > 0);
        room = room < size - at ? room : size - at;
        memcpy(space, text + at, room);
        vm_control_received(&control, room);
        at += room;
        while (vm_control_next(&control, &report))
            FUZZ_REQUIRE(strlen(report.text) < sizeof(report.text));
    }
    vm_tail_add(&tail, text, size);
    FUZZ_REQUIRE(strlen(vm_tail_text(&tail, 5, shown, sizeof(shown))) < sizeof(shown));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    CLEANUP(freep) char *text = fuzz_text(data + 1, size - 1);
    size--;
    switch (data[0]) {
    case 'h':
    case 'j':
        check_held(text, size, data[0] == 'j');
        break;
    case 'c':
        check_container(text, size);
        break;
    case 'i':
    case 'o':
        check_image(text, size, data[0] == 'o');
        break;
    case 'm':
        check_messages(text, size);
        break;
    default:
        check_control(text, size);
    }
    return 0;
}
