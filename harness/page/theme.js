"use strict";
/* Light or dark, and the colours of what is drawn on canvases. The style sheet has them all, as
 * custom properties: here is only which of them something gets. */
{
  const root = document.documentElement;
  const wanted = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  const listeners = [];
  let colors = new Map(); /* as asked for since the theme was set: asking costs a layout */

  let printing = false;
  const apply = () => {
    const theme = printing ? "light" : chosen || (wanted.matches ? "dark" : "light");
    if (root.dataset.theme === theme)
      return;
    root.dataset.theme = theme;
    colors = new Map();
    for (const listener of listeners)
      listener();
  };
  wanted.addEventListener("change", apply);

  /* Colours: properties --series-0 to --series-7; what is always there has one of its own. */
  const looks = {
    current_bytes: [0, 0], rss_bytes: [1, 3], working_set_bytes: [2, 1], anon_bytes: [3, 0],
    file_bytes: [4, 2], kernel_bytes: [5, 1], shmem_bytes: [6, 4],
    rate_per_s: [4, 0], failed_per_s: [5, 1], p50_s: [0, 0], p99_s: [3, 1],
    psi_some_share: [3, 0], psi_full_share: [5, 1],
    threads_count: [1, 0], descriptors_count: [0, 1],
  };
  const dashes = [null, [7, 3], [2, 2], [9, 3, 2, 3], [10, 2, 3, 2]];

  leakcage.theme = {
    /* "light", "dark", or null: as the system says. */
    set(theme) {
      chosen = theme;
      apply();
    },
    /* Paper is light. */
    print(on) {
      printing = on;
      apply();
    },
    chosen: () => chosen,
    isDark: () => root.dataset.theme === "dark",
    onChange: (listener) => listeners.push(listener),
    color(name) {
      if (!colors.has(name))
        colors.set(name, getComputedStyle(root).getPropertyValue(`--${name}`).trim());
      return colors.get(name);
    },
    series: (index) => leakcage.theme.color(`series-${index % 8}`),
    dash: (index) => dashes[index % dashes.length],
    /* [colour, dash] of a series by its key, or by its place among those of a panel. */
    look: (key, place) => looks[key] || [place % 8, Math.floor(place / 2) % dashes.length],
  };
  apply();
}
