#include "report/chart_svg.h"

#include "report/chart_plot.h"

/* Of the viewBox; about a pixel each on a page. */
#define CHART_WIDTH  800
#define CHART_RIGHT  16
#define CHART_HEIGHT 270 /* of what is between the axes */

/* Of one screen: ink, the limit, the grid, what is less important, shades, and Okabe and Ito's
 * colours. */
struct chart_palette {
    const char *ink, *rule, *grid, *soft;
    const char *span[3];
    const char *color[CHART_COLOR_MAX_];
};

static const struct chart_palette chart_light = {
    .ink = "#333",
    .rule = "#b00020",
    .grid = "#e3e3e3",
    .soft = "#666",
    .span = {"#f1f1ee", "#e9f1f8", "#fbf0df"},
    .color = {"#000000", "#d55e00", "#0072b2", "#009e73", "#e69f00", "#cc79a7", "#56b4e9"}};

/* The same, lighter where they are hard to see on black. */
static const struct chart_palette chart_dark = {
    .ink = "#ccc",
    .rule = "#ff6b7a",
    .grid = "#33363c",
    .soft = "#9aa0a6",
    .span = {"#202328", "#1b2733", "#2e2719"},
    .color = {"#f2f2f2", "#e8741a", "#2b94d6", "#1fb88b", "#e69f00", "#cc79a7", "#56b4e9"}};

/* Colours as they are and no variables: not all that draws pictures knows those. */
static void chart_style_palette(struct html_writer *writer, const struct chart_palette *palette)
{
    html_printf(writer,
                ".chart text{fill:%s}.chart .small{fill:%s}.chart .grid{stroke:%s}"
                ".chart .axis{stroke:%s}.chart .rule,.chart .e0{stroke:%s}.chart .e1{stroke:%s}\n"
                ".chart .b0{fill:%s}.chart .b1{fill:%s}.chart .b2{fill:%s}",
                palette->ink, palette->soft, palette->grid, palette->ink, palette->rule,
                palette->soft, palette->color[CHART_GREEN], palette->color[CHART_BLUE],
                palette->color[CHART_VERMILLION]);
    for (unsigned i = 0; i < 3; i++)
        html_printf(writer, ".chart .p%u{fill:%s}", i, palette->span[i]);
    html_put(writer, "\n");
    for (unsigned i = 0; i < CHART_COLOR_MAX_; i++)
        html_printf(writer, ".chart .s%u{stroke:%s}.chart .f%u{fill:%s}\n", i, palette->color[i], i,
                    palette->color[i]);
}

void chart_svg_style_looks(struct html_writer *writer)
{
    html_put(writer, ".chart text{font-family:system-ui,sans-serif;font-size:12px}"
                     ".chart .small{font-size:10px}\n"
                     ".chart .grid,.chart .axis{fill:none}"
                     ".chart .rule{stroke-width:1.5;stroke-dasharray:2 3;fill:none}\n"
                     ".chart .line{fill:none;stroke-width:2;stroke-linejoin:round;"
                     "stroke-linecap:round}\n"
                     ".chart .band,.chart .span{stroke:none}.chart .band{opacity:.2}"
                     ".chart .b1{opacity:.35}.chart .area{opacity:.14}\n"
                     ".chart .event{fill:none;stroke-width:1.5}.chart .e1{stroke-dasharray:1 3}\n"
                     ".chart .thin{stroke-width:1.2;opacity:.8}.chart .cross{stroke-width:2.5}\n");
    html_put(writer, ".chart .d1{stroke-dasharray:8 4}.chart .d2{stroke-dasharray:2 4}"
                     ".chart .d3{stroke-dasharray:10 4 2 4}.chart .d4{stroke-dasharray:14 5}\n");
    chart_style_palette(writer, &chart_light);
    html_put(writer, "@media screen and (prefers-color-scheme:dark){\n");
    chart_style_palette(writer, &chart_dark);
    html_put(writer, "}\n");
}

void chart_svg_style(struct html_writer *writer)
{
    chart_svg_style_looks(writer);
    html_put(writer, ".chart{display:block;width:100%;height:auto;min-width:640px}\n"
                     ".chart .line:hover{stroke-width:3.5;opacity:1}\n");
}

void chart_svg_write(struct html_writer *writer, const struct chart *chart)
{
    const struct chart_place place = {.left = CHART_PLACE_LEFT,
                                      .top = CHART_PLACE_ABOVE,
                                      .width = CHART_WIDTH - CHART_PLACE_LEFT - CHART_RIGHT,
                                      .height = CHART_HEIGHT};
    double below = place.top + place.height + CHART_PLACE_BELOW;
    unsigned legend_rows = chart_plot_legend(NULL, chart, &place, below);
    html_printf(writer,
                "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                "viewBox=\"0 0 %d %g\" aria-label=\"",
                CHART_WIDTH, below + CHART_LEGEND_ROW * legend_rows + 6);
    html_text(writer, chart->title);
    html_put(writer, "\">\n");
    chart_plot(writer, chart, &place);
    chart_plot_legend(writer, chart, &place, below);
    html_put(writer, "</svg>\n");
}
