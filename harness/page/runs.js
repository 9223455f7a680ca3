"use strict";
/* Several runs: a table that sorts by any column, with a box for what is drawn and a button for the
 * run whose verdict is on top. */
{
  const {el, model, choice, units, summary} = leakcage;

  /* There is no room for all on paper. */
  const minor = new Set(["cpu_s_per_request", "latency_p50_s", "requests_to_kill", "restarts",
                         "duration_s", "retained_bytes", "build", "malloc", "driver"]);

  let section = null;

  /* [key, name, unit, value of a run]; only those that some run has, and of what is no figure only
   * what is not the same of all. */
  const columns = () => {
    const text = (key, name) => [key, name, "text", (run) => run[key]];
    const all = [
      ["id", "run", "text", model.name],
      ["verdict", "verdict", "verdict", summary.verdictOf],
      text("cause", "cause"), text("outcome", "outcome"),
      ...summary.figureNames.map(([key, name, unit]) =>
        [key, name, unit, (run) => (run.figures || {})[key]]),
      ["duration_s", "duration", "s", (run) => run.duration_s],
      text("build", "build"), text("malloc", "malloc"), text("driver", "driver"),
    ];
    return all.filter(([key, , , value]) => {
      const values = new Set(model.runs().map(value));
      return [...values].some((one) => !isAbsent(one)) &&
        (values.size > 1 || !["build", "malloc", "driver", "oom_kills", "restarts"].includes(key));
    });
  };

  const isAbsent = (value) => value === undefined || value === null || value === "";

  const compare = (a, b) => typeof a === "number" && typeof b === "number"
    ? a - b : String(a).localeCompare(String(b), "en", {numeric: true});

  /* Numbers of the runs, in the order that was chosen; what has no value comes last either way. */
  const order = (shown) => {
    const indexes = model.runs().map((run, index) => index);
    const {sort} = choice.get();
    const column = sort && shown.find(([key]) => key === sort.column);
    if (!column)
      return indexes;
    const value = (index) => column[3](model.runs()[index]);
    return indexes.sort((a, b) => isAbsent(value(a)) - isAbsent(value(b)) ||
      (isAbsent(value(a)) ? 0 : compare(value(a), value(b)) *
        (sort.direction === "ascending" ? 1 : -1)) || a - b);
  };

  const sortBy = (key) => {
    const {sort} = choice.get();
    const same = sort && sort.column === key;
    choice.set({sort: {column: key, direction:
      same && sort.direction === "ascending" ? "descending" : "ascending"}});
    leakcage.runs.refresh();
    section.querySelector(`th[data-column="${key}"] button`).focus();
  };

  const classOf = (key, unit) =>
    [["text", "verdict"].includes(unit) && "words", minor.has(key) && "minor"]
      .filter(Boolean).join(" ") || null;

  const heading = ([key, name, unit]) => {
    const {sort} = choice.get();
    const direction = sort && sort.column === key ? sort.direction : "none";
    return el("th", {scope: "col", "aria-sort": direction, "data-column": key,
                     class: classOf(key, unit)},
              el("button", {type: "button", onclick: () => sortBy(key)}, name,
                 el("span", {class: "arrow", "aria-hidden": "true"},
                    {ascending: " ▲", descending: " ▼", none: ""}[direction])));
  };

  const draws = (index, on) => {
    const drawn = new Set(model.drawn());
    if (on)
      drawn.add(index);
    else
      drawn.delete(index);
    choice.set({drawn: [...drawn].sort((a, b) => a - b)});
    leakcage.refresh();
    section.querySelector(`tr[data-run="${index}"] input`).focus();
  };

  const select = (index) => {
    choice.set({selected: index,
                drawn: model.drawn().includes(index) ? choice.get().drawn
                  : [...model.drawn(), index].sort((a, b) => a - b)});
    leakcage.refresh();
    const button = section.querySelector(`tr[data-run="${index}"] button`);
    if (button)
      button.focus();
  };

  const cell = ([key, , unit, value], run, index) => {
    const amount = value(run);
    if (key === "id")
      return el("th", {scope: "row"}, el("button", {type: "button", onclick: () => select(index)},
                                         amount));
    if (unit === "verdict")
      return el("td", {class: "words"}, summary.badge(amount, true));
    return el("td", {class: classOf(key, unit)},
              isAbsent(amount) ? "–" : units.format(unit, amount));
  };

  const row = (shown, index) => {
    const run = model.runs()[index];
    const box = el("input", {type: "checkbox", checked: model.drawn().includes(index),
                             "aria-label": `draw ${model.name(run)}`,
                             onchange: (event) => draws(index, event.target.checked)});
    return el("tr", {"data-run": index, "aria-selected": String(index === model.selectedIndex()),
                     onclick: (event) => event.target.closest("button,input") || select(index)},
              el("td", {class: "draw"}, box,
                 el("span", {class: "chip", style: `background:${model.runColor(index)}`})),
              shown.map((column) => cell(column, run, index)));
  };

  const setDrawn = (indexes) => () => {
    choice.set({drawn: indexes()});
    leakcage.refresh();
  };

  leakcage.runs = {
    create() {
      section = el("section", {id: "runs-section"});
      return section;
    },
    refresh() {
      section.hidden = model.runs().length < 2;
      if (section.hidden)
        return;
      const shown = columns();
      const button = (name, indexes) =>
        el("button", {type: "button", onclick: setDrawn(indexes)}, name);
      const scrolled = section.querySelector(".scroll");
      const left = scrolled ? scrolled.scrollLeft : 0;
      section.replaceChildren(
        el("div", {class: "head"}, el("h2", {}, `${model.runs().length} runs`),
           el("span", {class: "tools"}, `${model.drawn().length} drawn; draw `,
              button("all", () => model.runs().map((run, index) => index)),
              button("only the selected", () => [model.selectedIndex()]))),
        el("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "runs"},
           el("table", {id: "runs", "aria-label": "runs"},
              el("thead", {}, el("tr", {}, el("th", {scope: "col", class: "draw"}, "drawn"),
                                 shown.map(heading))),
              el("tbody", {}, order(shown).map((index) => row(shown, index))))));
      section.querySelector(".scroll").scrollLeft = left;
    },
  };
}
