"use strict";
/* All panels: which lines each draws, one time axis, one cursor. */
{
  const {el, model, choice, theme} = leakcage;
  const spanMin = 1e-3; /* seconds */

  const definitions = [
    {name: "memory", title: "Memory", unit: "bytes", tall: true},
    {name: "requests", title: "Requests", unit: "per_s"},
    {name: "latency", title: "Latency", unit: "s"},
    {name: "pressure", title: "Memory pressure (PSI)", unit: "share"},
    {name: "processes", title: "Threads and descriptors", unit: "count"},
  ];

  let element = null;
  let panels = [];
  let cursorTime = null;

  const seriesOf = (run, panel) => (run.series || []).filter((one) => one.panel === panel.name);

  /* All lines that a panel could have: [{key, name, look, points, on}]. */
  const entriesOf = (panel) => {
    const entries = new Map();
    const runs = model.drawn().map((index) => model.runs()[index]);
    for (const run of runs)
      for (const one of seriesOf(run, panel)) {
        const entry = entries.get(one.key) ||
          {key: one.key, name: one.name, points: one.points, on: false,
           look: theme.look(one.key, entries.size)};
        entry.on = entry.on || Boolean(one.on);
        entries.set(one.key, entry);
      }
    const list = [...entries.values()];
    if (model.isOverlay())
      list.forEach((entry, i) => { entry.on = entry.on && i === list.findIndex((one) => one.on); });
    if (panel.name !== "memory")
      return list;
    if (runs.some((run) => (run.floors || []).length))
      list.push({key: "floors", name: "floors, fit", look: [7, 0], stroke: "var(--text)",
                 on: !model.isOverlay()});
    if (runs.some((run) => run.limit_bytes))
      list.push({key: "limit_bytes", name: limitName(runs), look: [7, 1], stroke: "var(--limit)",
                 on: true});
    return list;
  };

  const limitName = (runs) => {
    const limits = new Set(runs.map((run) => run.limit_bytes).filter(Boolean));
    return limits.size === 1 ? `limit ${leakcage.units.bytes([...limits][0])}` : "limits";
  };

  const visibleKeys = (panel, entries) => {
    const chosen = choice.get().visible[panel.name];
    return new Set(chosen || entries.filter((entry) => entry.on).map((entry) => entry.key));
  };

  /* Counts that are far apart cannot share an axis: the larger gets one of its own, right. */
  const divide = (lines) => {
    const top = (line) => Math.max(...(leakcage.extent([line], -Infinity, Infinity) || [0, 0]));
    const tops = lines.map(top);
    const highest = Math.max(...tops);
    if (lines.length > 1 && highest > 8 * Math.min(...tops))
      lines.forEach((line, i) => { line.right = tops[i] * 3 > highest; });
  };

  const linesOf = (panel, entries, visible) => {
    const overlay = model.isOverlay();
    const lines = [];
    for (const index of model.drawn()) {
      const run = model.runs()[index];
      for (const one of seriesOf(run, panel)) {
        if (!visible.has(one.key))
          continue;
        const entry = entries.find((each) => each.key === one.key);
        const place = entries.filter((each) => visible.has(each.key)).indexOf(entry);
        lines.push({
          label: `${index}:${one.key}`, unit: one.unit, t: one.t_s, v: one.v, points: one.points,
          name: overlay ? `${run.id} ${place > 0 ? one.name : ""}`.trim() : one.name,
          look: overlay ? [index % 8, place + Math.floor(index / 8)] : entry.look,
          width: overlay && index === model.selectedIndex() ? 2.2
            : one.key === "current_bytes" && !overlay ? 2.2 : 1.6,
        });
      }
    }
    if (panel.name === "processes" && !overlay)
      divide(lines);
    return lines;
  };

  const backgroundOf = (panel, visible) => {
    const run = model.selected() || {};
    const indexes = model.drawn();
    const drawn = indexes.map((index) => model.runs()[index]);
    const own = indexes.includes(model.selectedIndex());
    const overlay = model.isOverlay();
    return {
      phases: own ? run.phases || [] : [],
      marks: own ? run.marks || [] : [],
      floors: visible.has("floors")
        ? indexes.map((index) => ({
          list: model.runs()[index].floors || [],
          color: overlay ? theme.series(index) : null,
        })) : [],
      limits: visible.has("limit_bytes")
        ? [...new Set(drawn.map((one) => one.limit_bytes).filter(Boolean))] : [],
    };
  };

  /* What there is in sight, from the reader's choice and all there is. */
  const sight = () => {
    const all = [0, model.end()];
    const {range} = choice.get();
    return {range: range || all, zoomed: range !== null, all};
  };

  const moveCursor = () => {
    const {range} = sight();
    for (const panel of panels)
      leakcage.cursor.show(panel, cursorTime, range);
  };

  const draw = () => {
    const {range, zoomed} = sight();
    panels.forEach((panel, i) => {
      panel.fit = panel.name === "memory" && choice.get().fit;
      panel.timeAxis = panel.tall || i === panels.length - 1;
      panel.draw(range);
    });
    element.classList.toggle("zoomed", zoomed);
    for (const button of element.querySelectorAll("button.reset-zoom"))
      button.disabled = !zoomed;
    moveCursor();
  };
  const drawSoon = leakcage.once(draw);
  const resizeSoon = leakcage.once(() => leakcage.panels.resize());
  const moveCursorSoon = leakcage.once(moveCursor);

  const gestures = {
    get: sight,
    zoom(wanted, keepSpan) {
      const {all} = sight();
      const span = leakcage.clamp(wanted[1] - wanted[0], spanMin, all[1] - all[0]);
      let from = wanted[0];
      let to = wanted[1];
      if (keepSpan || to - from !== span) {
        from = leakcage.clamp(from, all[0], all[1] - span);
        to = from + span;
      }
      from = Math.max(from, all[0]);
      to = Math.min(to, all[1]);
      const everything = from <= all[0] && to >= all[1];
      choice.set({range: everything || to - from < spanMin / 2 ? null : [from, to]});
      drawSoon();
    },
    zoomAbout(t, factor) {
      const [from, to] = sight().range;
      const center = leakcage.clamp(t, from, to);
      gestures.zoom([center - (center - from) * factor, center + (to - center) * factor]);
    },
    reset() {
      choice.set({range: null});
      drawSoon();
    },
    select(from, to) {
      for (const panel of panels) {
        panel.selection.hidden = from === null;
        if (from === null)
          continue;
        const ends = [from, to].map((t) => panel.graph.toDomXCoord(t)).sort((a, b) => a - b);
        panel.selection.style.left = `${ends[0]}px`;
        panel.selection.style.width = `${ends[1] - ends[0]}px`;
      }
    },
    moveTo(t) {
      cursorTime = t;
      moveCursorSoon();
    },
    leave: () => gestures.moveTo(null),
    step(panel, count) {
      const [from, to] = sight().range;
      gestures.moveTo(leakcage.cursor.step(panel, cursorTime, count, [from, to]));
      if (choice.get().range && (cursorTime < from || cursorTime > to)) {
        const half = (to - from) / 2;
        gestures.zoom([cursorTime - half, cursorTime + half], true);
      }
    },
  };

  const toggle = (panel, key, on) => {
    const keys = visibleKeys(panel, entriesOf(panel));
    if (on)
      keys.add(key);
    else
      keys.delete(key);
    if (key === "limit_bytes")
      panel.limitForced = on;
    choice.set({visible: {...choice.get().visible, [panel.name]: [...keys]}});
    leakcage.panels.refresh();
  };

  const tools = (panel) => {
    panel.tools.append(el("button", {type: "button", class: "reset-zoom", disabled: true,
                                     onclick: gestures.reset}, "reset zoom"));
    if (panel.name === "memory")
      panel.tools.append(el("label", {title: "The axis begins near the lowest value (y)"},
        el("input", {type: "checkbox", class: "fit", onchange: (event) =>
          leakcage.panels.setFit(event.target.checked)}), "close-up"));
  };

  /* The panels that the data have lines for, as elements; those that are there stay. */
  const settle = () => {
    const names = new Set(model.runs().flatMap((run) =>
      (run.series || []).map((one) => one.panel)));
    const known = new Set(definitions.map((one) => one.name));
    const wanted = [...definitions.filter((one) => names.has(one.name)),
                    ...[...names].filter((name) => !known.has(name))
                      .map((name) => ({name, title: name, unit: "count"}))];
    if (wanted.length === panels.length)
      return;
    panels = wanted.map((definition) => panels.find((one) => one.name === definition.name) ||
      make(definition));
    element.replaceChildren(...panels.map((panel) => panel.element));
  };

  const make = (definition) => {
    const panel = new leakcage.Panel(definition, {toggle});
    tools(panel);
    leakcage.gestures(panel, gestures);
    return panel;
  };

  leakcage.panels = {
    /* The element that holds all panels; once. */
    create() {
      element = el("div", {id: "panels"});
      let width = 0;
      new ResizeObserver(() => {
        if (width !== 0 && width !== element.clientWidth)
          resizeSoon();
        width = element.clientWidth;
      }).observe(element);
      theme.onChange(() => leakcage.panels.refresh());
      return element;
    },

    /* The data, the choice or the colours have changed: all is made anew, and drawn. */
    refresh() {
      settle();
      for (const panel of panels) {
        const entries = entriesOf(panel);
        const visible = visibleKeys(panel, entries);
        const legend = JSON.stringify([entries, [...visible], model.isOverlay()]);
        if (legend !== panel.legendShown)
          panel.setLegend(entries.map((entry) => ({...entry, on: visible.has(entry.key)})),
                          !model.isOverlay());
        panel.legendShown = legend;
        panel.setSeries(linesOf(panel, entries, visible), backgroundOf(panel, visible));
        panel.setRuns(model.isOverlay() && panel.name === "memory" ? model.drawn() : []);
        const box = panel.tools.querySelector("input.fit");
        if (box)
          box.checked = choice.get().fit;
      }
      draw();
    },

    resize(ratio) {
      for (const panel of panels)
        panel.resize(ratio);
      moveCursor();
    },

    setFit(fit) {
      choice.set({fit});
      leakcage.panels.refresh();
    },
    reset: gestures.reset,
    /* About the cursor, or the middle. */
    zoomBy(factor) {
      const [from, to] = sight().range;
      gestures.zoomAbout(cursorTime === null ? (from + to) / 2 : cursorTime, factor);
    },
    moveTo: gestures.moveTo,
    zoom: gestures.zoom,
    sight,
    visible: () => Object.fromEntries(panels.map((panel) =>
      [panel.name, [...visibleKeys(panel, entriesOf(panel))]])),
    list: () => panels,
  };
}
