#pragma once
/* A result's folder, before anything in it is opened: it may have come from somewhere else, in an
 * archive.
 *
 * All in it must be plain files and folders that lie within the root, the folder that the user
 * named: a link out of it would show what is elsewhere, a pipe would be waited for. What is swapped
 * afterwards is not noticed: who can do that can read what we can. */
#include <stdbool.h>

#include "base/error.h"

/* Does the path, links followed, lie within `root` (a real path), or is it that? */
bool serve_folder_is_within(const char *root, const char *path);

/* Is all in the folder fit to be opened? ERROR_USAGE names what is not. */
int serve_folder_check(const char *root, const char *dir, struct error *err);
