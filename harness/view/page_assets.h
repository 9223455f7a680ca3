#pragma once
/* What every page holds, as constants: harness/page and dygraphs, put in by the build
 * (harness/page/assets.cmake). None of them holds what would end its element. */
#include <stddef.h>

/* Text, followed by a NUL that is not counted. */
struct page_asset {
    const char *text;
    size_t length;
};

/* dygraphs as it is distributed, and the notice that goes with it (plain text). */
extern const struct page_asset page_asset_dygraphs_js;
extern const struct page_asset page_asset_dygraphs_css;
extern const struct page_asset page_asset_dygraphs_licence;

/* The project's own: all scripts in order, and the style. */
extern const struct page_asset page_asset_script;
extern const struct page_asset page_asset_style;

/* Of the list of results that `leakcage serve` shows. */
extern const struct page_asset page_asset_list_script;
extern const struct page_asset page_asset_list_style;
