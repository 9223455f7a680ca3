#pragma once
/* The inside of pod.h, shared by the files that read parts of a manifest. */
#include "base/yaml.h"
#include "scenario/pod.h"

#define POD_VARIABLES_MAX 1024
#define POD_WORDS_MAX     1024

/* What is being read, and where to. */
struct pod_reader {
    const struct pod_options *options;
    struct buffer *notes;
    struct scenario *scenario;
    const struct yaml_node *spec;      /* of the pod */
    const struct yaml_node *container; /* of its containers, the one that is run */
    const char **names;                /* of its variables, with their values: for $(NAME) */
    const char **values;
    size_t n_variables;
};

/* The fields that a mapping of Kubernetes may have. */
struct pod_field {
    const char *key;     /* NULL ends the table */
    const char *ignored; /* why it changes nothing; NULL: it is read, or there is nothing to it */
};

/* A note: "file:line:column: path: " and the text, about the member's key. */
void pod_note(struct pod_reader *reader, const struct yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Every member is in the table, and what is ignored gets its note. What is not in it is an error
 * when it looks like a slip, else it is ignored too: Kubernetes grows. NULL is fine. */
int pod_check_fields(struct pod_reader *reader, const struct yaml_node *mapping,
                     const struct pod_field *table, struct error *err);

/* The members of that name, of the right kind; NULL in *ret when there is none. */
int pod_mapping(const struct yaml_node *parent, const char *key, const struct yaml_node **ret,
                struct error *err);
int pod_list(const struct yaml_node *parent, const char *key, const struct yaml_node **ret,
             struct error *err);
int pod_text(const struct yaml_node *parent, const char *key, const char **ret, struct error *err);

/* The whole number of that name; *ret stays as it is when there is none. */
int pod_count(const struct yaml_node *parent, const char *key, uint64_t maximum, uint64_t *ret,
              struct error *err);

/* `text` with $(NAME) replaced by the variables that are known, $$ by $, and braces escaped; NULL
 * when out of memory. pod_expand_raw() leaves braces as they are. In the scenario's arena. */
const char *pod_expand(const struct pod_reader *reader, const char *text);
const char *pod_expand_raw(const struct pod_reader *reader, const char *text);

/* The container: image and words, environment, resources, user. */
int pod_read_container(struct pod_reader *reader, struct error *err);

/* Its ports and probes: where it answers, and when it is ready. */
int pod_read_probes(struct pod_reader *reader, struct error *err);
