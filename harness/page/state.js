"use strict";
/* What the reader has chosen. It is kept in the address (#…), so that a link shows the same; what
 * is not there is as it was at first. */
{
  const number = (text) => text !== "" && Number.isFinite(Number(text)) ? Number(text) : null;
  const initial = () => ({
    range: null,    /* [from, to] in seconds; null: all */
    visible: {},    /* panel -> keys of its series; a panel that is not there: as at first */
    fit: false,     /* the memory axis need not begin at 0 */
    selected: null, /* number of the run whose verdict is on top */
    drawn: null,    /* numbers of the runs that are drawn; null: as at first */
    sort: null,     /* {column, direction} of the table of runs */
  });
  let state = initial();
  let written = "";

  const readRange = (text) => {
    const ends = (text || "").split("_").map(number);
    const isRange = ends.length === 2 && ends.every((end) => end !== null) && ends[0] < ends[1];
    return isRange ? ends : null;
  };
  const readNumbers = (text) =>
    text === null ? null : text.split(".").map(number).filter((one) => one !== null);

  const read = () => {
    const words = new URLSearchParams(location.hash.slice(1));
    state = initial();
    state.range = readRange(words.get("range"));
    state.fit = words.get("fit") === "1";
    state.selected = number(words.get("run") || "");
    state.drawn = readNumbers(words.get("drawn"));
    const sort = (words.get("sort") || "").split(".");
    if (sort.length === 2 && ["ascending", "descending"].includes(sort[1]))
      state.sort = {column: sort[0], direction: sort[1]};
    for (const [name, value] of words)
      if (name.startsWith("show-"))
        state.visible[name.slice(5)] = value === "" ? [] : value.split(".");
    const theme = words.get("theme");
    leakcage.theme.set(["light", "dark"].includes(theme) ? theme : null);
  };

  const write = leakcage.once(() => {
    const words = new URLSearchParams();
    const digits = (value) => String(Number(value.toPrecision(8)));
    if (state.range)
      words.set("range", state.range.map(digits).join("_"));
    for (const [panel, keys] of Object.entries(state.visible))
      words.set(`show-${panel}`, keys.join("."));
    if (state.fit)
      words.set("fit", "1");
    if (state.selected !== null)
      words.set("run", state.selected);
    if (state.drawn)
      words.set("drawn", state.drawn.join("."));
    if (state.sort)
      words.set("sort", `${state.sort.column}.${state.sort.direction}`);
    if (leakcage.theme.chosen())
      words.set("theme", leakcage.theme.chosen());
    written = words.toString();
    /* A frame without an address of its own (srcdoc) keeps none. */
    try {
      history.replaceState(null, "",
                           written ? `#${written}` : location.pathname + location.search);
    } catch (error) {
      console.info("leakcage: the address cannot keep what is shown:", error.message);
    }
  });

  leakcage.choice = {
    get: () => state,
    /* Change some of it: set({range: [1, 2]}). */
    set(changes) {
      Object.assign(state, changes);
      write();
    },
    write,
    read,
    /* Call `listener` when another address of this page was gone to. */
    onAddress: (listener) => window.addEventListener("hashchange", () => {
      if (location.hash.slice(1) === written)
        return;
      read();
      listener();
    }),
  };
}
