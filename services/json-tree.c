/* json-tree: a recursive parser that allocates at ever different call stacks.
 *
 * The fourth post: a service that leaked in production and nowhere else, because production ran
 * the build with the race detector. The source is right: every node is freed. But the detector
 * remembers each distinct stack it saw an allocation at, for ever, and a recursive parser that
 * turns now to an object, now to an array, makes new ones with every document. Found by comparing
 * builds, never by reading the code; without load nothing grows at all.
 *
 *   json-tree       clean, and so are the builds json-tree-O0, -O3, -asan, …
 *   json-tree-race  the same source built with -fsanitize=thread: a leak, in the heap */
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/service.h"

enum { DEPTH_MAX = 32, NODES_MAX = 64 };

struct node {
    struct node *first, *second;
};

struct parser {
    uint64_t document; /* its bits say what comes next */
    size_t nodes;
};

static struct node *parse_object(struct parser *parser, unsigned depth);

static unsigned next_token(struct parser *parser)
{
    parser->document = parser->document * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(parser->document >> 60);
}

/* The two functions differ only in who calls whom: what the stacks are made of. */
static __attribute__((noinline)) struct node *parse_array(struct parser *parser, unsigned depth)
{
    struct node *node = calloc(1, sizeof *node); /* planted: default */

    if (!node || ++parser->nodes >= NODES_MAX || depth == DEPTH_MAX)
        return node;
    node->first =
        next_token(parser) < 8 ? parse_array(parser, depth + 1) : parse_object(parser, depth + 1);
    if (next_token(parser) < 6)
        node->second = parse_object(parser, depth + 1);
    return node;
}

static __attribute__((noinline)) struct node *parse_object(struct parser *parser, unsigned depth)
{
    struct node *node = calloc(1, sizeof *node); /* planted: default */

    if (!node || ++parser->nodes >= NODES_MAX || depth == DEPTH_MAX)
        return node;
    node->second =
        next_token(parser) < 8 ? parse_object(parser, depth + 1) : parse_array(parser, depth + 1);
    if (next_token(parser) < 6)
        node->first = parse_array(parser, depth + 1);
    return node;
}

static void free_tree(struct node *node)
{
    if (!node)
        return;
    free_tree(node->first);
    free_tree(node->second);
    free(node);
}

static void parse(const struct request *request, struct response *response)
{
    static atomic_ulong documents;
    struct parser parser = {.document = atomic_fetch_add(&documents, 1) * 2654435761U};

    (void)request;
    free_tree(parse_object(&parser, 0));
    response_printf(response, "{\"nodes\":%zu}\n", parser.nodes);
}

/* What grows depends on the build, and on being asked to parse at all. */
#ifdef SERVICE_BUILD_RACE
#define TRUTH "default", "leak", "heap", "/parse", 8000, 40000, "parse_array parse_object"
#else
#define TRUTH "default", "clean", "none", "/parse", 0, 0, NULL
#endif

static const struct service service = {
    .name = "json-tree",
    .truths = {{TRUTH}, {"idle", "clean", "none", "/healthz", 0, 0, NULL}},
    .routes = {{"GET", "/parse", parse}},
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
