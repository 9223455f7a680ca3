#pragma once

/* The words of a line, "…" around those with spaces; NULL-terminated, for words_free(). NULL when a
 * quote is not closed, or memory is out. */
char **words_split(const char *line);
void words_free(char **words);
