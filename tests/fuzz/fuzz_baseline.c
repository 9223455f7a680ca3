/* A baseline (scenario/baseline.h): what is read is written, and read again it is the same. */
#include <string.h>

#include "base/cleanup.h"
#include "scenario/baseline.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = fuzz_text(data, size);
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    CLEANUP(baseline_freep) struct baseline *again = NULL;
    CLEANUP(buffer_done) struct buffer first = BUFFER_INIT(BASELINE_FILE_MAX_BYTES);
    CLEANUP(buffer_done) struct buffer second = BUFFER_INIT(BASELINE_FILE_MAX_BYTES);
    struct error err = {.kind = ERROR_NONE};
    if (baseline_load_text("baseline.json", text, size, &baseline, &err) < 0) {
        fuzz_require_error(&err, ERROR_USAGE);
        return 0;
    }
    for (size_t i = 0; i < baseline->n; i++) {
        const struct baseline_entry *entry = &baseline->entries[i];
        FUZZ_REQUIRE(baseline_find(baseline, &entry->key) == entry);
        FUZZ_REQUIRE(i == 0 || baseline_compare_keys(&entry[-1].key, &entry->key) < 0);
        FUZZ_REQUIRE(entry->n_runs >= 1 && entry->n_runs <= GATE_RUNS_MAX);
    }
    FUZZ_REQUIRE(baseline_write(baseline, &first, &err) == 0);
    if (baseline_load_text("again", buffer_text(&first), first.length, &again, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    FUZZ_REQUIRE(baseline_write(again, &second, &err) == 0);
    fuzz_require_same("what was written", buffer_text(&first), buffer_text(&second));
    return 0;
}
