/* A Kubernetes manifest: as YAML (base/yaml.h), every node asked where it is and what, and as a pod
 * (scenario/pod.h), with and without what the command line can say. */
#include <string.h>

#include "base/cleanup.h"
#include "base/yaml.h"
#include "scenario/pod.h"
#include "tests/fuzz/fuzz.h"

/* The reader bounds how deep it goes. */
static void walk(const struct yaml_node *node, unsigned depth)
{
    char path[YAML_PATH_MAX];
    char found[YAML_DESCRIBE_MAX];
    size_t n = 0;
    FUZZ_REQUIRE(depth <= YAML_NESTING_MAX + 1 && node->line >= 1 && node->column >= 1);
    fuzz_require_harmless("a path", yaml_path(node, path), strlen(yaml_path(node, path)), false);
    fuzz_require_harmless("what was found", yaml_describe(node, found),
                          strlen(yaml_describe(node, found)), false);
    FUZZ_REQUIRE((node->kind == YAML_SCALAR) == (node->text != NULL));
    for (const struct yaml_node *child = node->first; child != NULL; child = child->next, n++) {
        FUZZ_REQUIRE(child->parent == node && (child->key != NULL) == (node->kind == YAML_MAPPING));
        walk(child, depth + 1);
    }
    FUZZ_REQUIRE(n == node->n_children);
}

static void check_yaml(const char *text)
{
    struct arena *arena = arena_new();
    struct yaml_node *root = NULL;
    struct error err = {.kind = ERROR_NONE};
    FUZZ_REQUIRE(arena != NULL);
    if (yaml_load_text("input.yaml", text, arena, &root, &err) < 0) {
        fuzz_require_error(&err, ERROR_USAGE);
        fuzz_require_harmless("an error", err.text, strlen(err.text), true);
    } else {
        for (; root != NULL; root = root->next)
            walk(root, 0);
    }
    arena_free(arena);
}

static void check_pod(const char *text, const struct pod_options *options)
{
    CLEANUP(buffer_done) struct buffer notes = BUFFER_INIT(POD_NOTES_MAX_BYTES);
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    struct error err = {.kind = ERROR_NONE};
    if (pod_load_text("input.yaml", text, options, &notes, &scenario, &err) < 0) {
        fuzz_require_error(&err, ERROR_USAGE);
        fuzz_require_harmless("an error", err.text, strlen(err.text), true);
        return;
    }
    FUZZ_REQUIRE(scenario_is_name(scenario->name));
    FUZZ_REQUIRE(scenario->settings.image != NULL || scenario->settings.service.command[0] != NULL);
    fuzz_require_harmless("notes", buffer_text(&notes), notes.length, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const command[] = {"/srv/app", "--port={port}", NULL};
    static const struct pod_options asked[] = {
        {.container = NULL},
        {.container = "app", .command = command, .has_limit = true},
        {.image = "web:1", .has_limit = true},
    };
    CLEANUP(freep) char *text = fuzz_text(data, size);
    check_yaml(text);
    for (size_t i = 0; i < ARRAY_LENGTH(asked); i++)
        check_pod(text, &asked[i]);
    return 0;
}
