"use strict";
/* What happened when, of the selected run: cycles, events, the end of the service's log. */
{
  const {el, model, units} = leakcage;
  const eventsMax = 200;

  const details = (id, open) => {
    const summary = el("summary", {});
    const body = el("div", {class: "scroll"});
    const element = el("details", {id: `${id}-section`, open}, summary, body);
    return {element, fill: (title, node) => {
      element.hidden = node === null;
      summary.textContent = title;
      body.replaceChildren(...(node ? [node] : []));
    }};
  };

  const columns = [
    ["kind", "cycle", (cycle, name) => name],
    ["requests", "requests", (cycle) => units.count(cycle.requests)],
    ["concurrency", "at a time", (cycle) => units.format("count", cycle.concurrency)],
    ["begin_s", "begins at", (cycle) => units.duration(cycle.begin_s)],
    ["load_end_s", "load", (cycle) => units.format("s", cycle.load_s ||
      (cycle.load_end_s > cycle.begin_s ? cycle.load_end_s - cycle.begin_s : null))],
    ["latency_p50_s", "median", (cycle) => units.format("s", cycle.latency_p50_s)],
    ["latency_p99_s", "99 %", (cycle) => units.format("s", cycle.latency_p99_s)],
    ["peak_bytes", "peak", (cycle) => units.format("bytes", cycle.peak_bytes)],
    ["settled_bytes", "settled", (cycle) => units.format("bytes", cycle.settled_bytes)],
    ["floor_bytes", "floor", (cycle) => units.format("bytes", cycle.floor_bytes)],
    ["oom_kills", "OOM kills", (cycle) => cycle.oom_kills ? units.count(cycle.oom_kills) : ""],
    ["complete", "", (cycle) => cycle.complete === false ? "cut short" : ""],
  ];

  const cycleTable = (cycles) => {
    const shown = columns.filter(([key, , text]) => key === "kind" ||
      cycles.some((cycle) => !["", "–"].includes(text(cycle))));
    let measured = 0;
    const rows = cycles.map((cycle) => {
      const first = measured + 1;
      measured += cycle.kind === "measure" ? cycle.cycles || 1 : 0;
      const name = cycle.kind !== "measure" ? cycle.kind
        : first === measured ? `${measured}` : `${first} to ${measured}`;
      return el("tr", {tabindex: -1, onclick: () => cycle.load_end_s > cycle.begin_s &&
        leakcage.panels.zoom([cycle.begin_s, cycle.floor_s || cycle.load_end_s])},
      shown.map(([key, , text]) => el(key === "kind" ? "th" : "td",
                                        {scope: key === "kind" ? "row" : null},
                                        text(cycle, name))));
    });
    return el("table", {id: "cycles", "aria-label": "cycles"},
              el("thead", {}, el("tr", {}, shown.map(([, name]) =>
                el("th", {scope: "col"}, name)))),
              el("tbody", {}, rows));
  };

  const eventTable = (marks) => {
    const rows = marks.slice(0, eventsMax).map((mark) => el("tr", {},
      el("td", {}, el("button", {type: "button", onclick: () => leakcage.panels.moveTo(mark.t_s)},
                      units.moment(mark.t_s, 1))),
      el("th", {scope: "row", class: leakcage.underlay.markLook(mark.kind).color}, mark.kind),
      el("td", {class: "words"}, mark.text || "")));
    if (marks.length > eventsMax)
      rows.push(el("tr", {}, el("td", {colspan: 3}, `and ${marks.length - eventsMax} more`)));
    return el("table", {id: "events", "aria-label": "events"}, el("tbody", {}, rows));
  };

  let parts = null;
  let opened = []; /* for paper alone */

  leakcage.tables = {
    create() {
      parts = {cycles: details("cycles", true), events: details("events", false),
               log: details("log", false)};
      return Object.values(parts).map((part) => part.element);
    },
    /* Nobody can open what is closed on paper; but a log may be long. */
    print(on) {
      if (on)
        opened = [parts.cycles, parts.events].map((part) => part.element)
          .filter((element) => !element.open);
      for (const element of opened)
        element.open = on;
    },
    refresh() {
      const run = model.selected() || {};
      const some = (list) => list && list.length > 0;
      const n = (run.cycles || []).reduce((sum, cycle) => sum + (cycle.cycles || 1), 0);
      parts.cycles.fill(`Cycles (${n})`,
                        some(run.cycles) ? cycleTable(run.cycles) : null);
      parts.events.fill(`Events (${(run.marks || []).length})`,
                        some(run.marks) ? eventTable(run.marks) : null);
      parts.log.fill(run.log && run.log.cut ? "The end of the service's log" : "The service's log",
                     run.log && run.log.text
                       ? el("pre", {id: "log", tabindex: 0}, run.log.text) : null);
    },
  };
}
