/* The main() of a target without libFuzzer: each file once, folders with all that is in them. */
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>

#define INPUT_MAX_BYTES ((size_t)64 << 20)

static unsigned n_inputs;

static int replay_file(const char *path)
{
    CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT(INPUT_MAX_BYTES);
    struct error err = {.kind = ERROR_NONE};
    if (file_read(AT_FDCWD, path, &bytes, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    /* Of its very size, so that a sanitizer sees whoever reads beyond it. */
    CLEANUP(freep) uint8_t *copy = malloc(bytes.length > 0 ? bytes.length : 1);
    if (copy == NULL)
        return -1;
    memcpy(copy, buffer_text(&bytes), bytes.length);
    fprintf(stderr, "%s\n", path);
    (void)LLVMFuzzerTestOneInput(copy, bytes.length);
    n_inputs++;
    return 0;
}

static int replay(const char *path)
{
    struct stat status;
    struct dirent **names = NULL;
    int result = 0;
    if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
        return replay_file(path);
    int n = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char *inner = names[i]->d_name[0] != '.' ? file_join(path, names[i]->d_name) : NULL;
        if (inner != NULL && result == 0)
            result = replay_file(inner);
        free(inner);
        free(names[i]);
    }
    free(names);
    return n < 0 ? -1 : result;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (replay(argv[i]) < 0)
            return EXIT_FAILURE;
    fprintf(stderr, "%u inputs\n", n_inputs);
    return n_inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
