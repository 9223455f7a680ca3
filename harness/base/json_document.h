#pragma once
/* The inside of a JSON document, shared by json.c (which makes it) and json_read.c (which reads
 * it). Everybody else uses json.h. */
#include <cjson/cJSON.h>

#include "base/json.h"
#include "base/json_scan.h"

/* Which mark belongs to which node. */
struct json_node_mark {
    const cJSON *node;
    size_t mark;
};

struct json_document {
    char *name;
    char *text; /* as it was read, with a NUL behind */
    size_t length;
    cJSON *root;
    struct json_marks marks;
    struct json_node_mark *nodes; /* sorted by address; as many as marks.count */
};

/* Where the node starts; NULL for a node that is not the document's. */
const struct json_mark *json_find_mark(const struct json_document *document, const cJSON *node);
