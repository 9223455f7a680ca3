#pragma once
/* Small questions that `leakcage doctor` asks a machine. */
#include <stdbool.h>
#include <stddef.h>

/* The path of a program in PATH into path[size]; false when there is none. */
bool doctor_find_program(const char *name, char *path, size_t size);

/* The first line a program prints when started with --version, into text[size]; false when it
 * prints nothing within a few seconds. */
bool doctor_program_version(const char *path, char *text, size_t size);

/* The first file that one of these NULL-terminated patterns (glob(7)) matches, into path[size]. */
bool doctor_find_file(const char *const *patterns, char *path, size_t size);

/* The first line of a file into text[size]; false when it cannot be read. */
bool doctor_first_line(const char *path, char *text, size_t size);
