#pragma once
/* What explains a run as one sentence, for lists and CI systems; without an end. */
#include <stddef.h>

#include "explain/explanation.h"

#define EXPLANATION_SENTENCE_MAX 1024

/* "98 % of the growth is taken at registry_add (/src/registry.c:41): +4.0 KiB per request (heap)";
 * of what is not counted in bytes "upstream_open (/src/upstream.c:88): +1 descriptor per request
 * (tcp to 127.0.0.1:80, CLOSE_WAIT)"; "" where nothing grows or no place is known. Names are text
 * of others. Returns text[EXPLANATION_SENTENCE_MAX]. */
const char *explanation_sentence(const struct explanation *explanation, char *text);

/* The same, of a list: "registry_add registry.c:41", the last part of the file's path alone. */
const char *explanation_short_place(const struct explanation *explanation, char *text);
