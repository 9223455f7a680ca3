/* preload: which file an allocator is, and what a service is told about it. */
#include "cli/preload.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"
