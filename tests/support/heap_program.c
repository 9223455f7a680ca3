/* A program whose heap is known, for what follows it: each line that it reads is a number of blocks
 * to take (negative: to give back), and it answers when it has done so. Built without sanitizers,
 * for they have a malloc of their own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1000, BLOCKS_MAX = 100000 };

static void *blocks[BLOCKS_MAX];
static int n_blocks;

static __attribute__((noinline)) void keep_one(void)
{
    blocks[n_blocks] = malloc(BLOCK_BYTES);
    if (blocks[n_blocks] != NULL)
        memset(blocks[n_blocks++], 'h', BLOCK_BYTES);
}

int main(void)
{
    char line[64];
    static char buffer[4096];
    setvbuf(stdin, buffer, _IOFBF, sizeof(buffer));
    while (fgets(line, sizeof(line), stdin) != NULL) {
        int n = atoi(line);
        for (; n > 0 && n_blocks < BLOCKS_MAX; n--)
            keep_one();
        for (; n < 0 && n_blocks > 0; n++)
            free(blocks[--n_blocks]);
        if (write(STDOUT_FILENO, "y", 1) != 1)
            break;
    }
    return EXIT_SUCCESS;
}
