#pragma once
/* Profiles for tests: made of a few lines, and as text to be compared. Failures end the test. */
#include "profile/profile.h"

/* Of folded stacks, "main;f;g 12\n…"; its values are inuse_space in bytes. The caller owns it. */
struct profile *profiles_make(const char *folded);

/* All of it, a sample in a line with the leaf first: "g (x.c:3) in libx.so < main: 12 7". The
 * caller frees it. */
char *profiles_text(const struct profile *profile);
