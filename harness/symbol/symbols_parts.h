#pragma once
/* What `symbols` shares with how stacks are unwound: both read the same files. No other layer
 * includes this. */
#include "symbol/elf_image.h"
#include "symbol/frame_rules.h"

/* The file as an ELF image that elf_image_open() said yes to; NULL: it is none. */
struct elf_image *symbols_image(struct symbols *symbols, uint32_t file);

/* The rules of frames that were found so far. */
struct frame_rules *symbols_frame_rules(struct symbols *symbols);
