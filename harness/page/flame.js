"use strict";
/* A flame graph of a profile: the widest is what holds most; what stands below is called by what
 * stands above. A page has several, each with what is shown in it. */
{
  const {el, units} = leakcage;
  const widthMin = 0.0008; /* of the graph: narrower frames are not drawn */
  const rowHeight = 1.35; /* em */

  const parentsOf = (root) => {
    const parents = new Map();
    const walk = (node) => (node.c || []).forEach((child) => {
      parents.set(child, node);
      walk(child);
    });
    walk(root);
    return parents;
  };

  const color = (name) => {
    let hash = 0;
    for (const letter of name.replace(/[ :].*$/, ""))
      hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
    return `hsl(${20 + hash % 35} ${55 + hash % 4 * 8}% var(--flame-${hash % 3}))`;
  };

  const amount = (flame, value) => units.format(flame.unit === "bytes" ? "bytes"
    : flame.unit === "nanoseconds" ? "s" : "count",
  flame.unit === "nanoseconds" ? value / 1e9 : value);

  const share = (flame, value) => `${(100 * value / flame.total).toFixed(1)} %`;

  const describe = (flame, node) =>
    `${node.n}: ${amount(flame, node.v)} (${share(flame, node.v)})`;

  /* A row of cycles.csv as the table of cycles calls it. */
  const floorOf = (all, row) => {
    const cycles = all.slice(0, row + 1);
    if (cycles.length <= row)
      return `floor ${row}`;
    return cycles[row].kind !== "measure" ? cycles[row].kind
      : `cycle ${cycles.filter(({kind}) => kind === "measure").length}`;
  };

  const spanOf = ({cycles, cycle, from_cycle: from}) => from === undefined
    ? floorOf(cycles, cycle) : `${floorOf(cycles, from)} to ${floorOf(cycles, cycle)}`;

  const labelOf = (profile) =>
    profile.what ? `${profile.name}: ${profile.what === "grown" ? "what grew" : "what is held"}`
      : profile.name;

  const titleOf = (profile) => profile.cycle === undefined ? labelOf(profile)
    : `${labelOf(profile)}, ${profile.from_cycle === undefined ? "after" : "from"} ` +
      spanOf(profile);

  /* What it is about, in words; of growth also by how much for each request. */
  const summaryOf = ({flame, what, requests, period}) => {
    const sign = what === "grown" ? "+" : "";
    const each = what === "grown" && requests > 0 ? ` in ${units.format("count", requests)} ` +
      `requests, ${period > 1 ? "about " : ""}` +
      `${amount(flame, (flame.total - (flame.shrunk || 0)) / requests)} each` : "";
    const less = flame.shrunk ? `; other stacks ${amount(flame, -flame.shrunk)}` : "";
    const sampled = period > 1 && flame.unit === "bytes"
      ? `; sampled, once in ${amount(flame, period)}` : "";
    return `${flame.type || ""} ${sign}${amount(flame, flame.total)}${less}${each}${sampled}`;
  };

  /* The functions that have most of it themselves. */
  const topOf = ({flame, top}) => (top || []).map((line) =>
    el("li", {}, el("b", {}, line.function), ` ${amount(flame, line.flat)} ` +
      `(${share(flame, line.flat)})` +
      (line.cumulative > line.flat ? `, ${amount(flame, line.cumulative)} with what it calls`
        : "")));

  /* Arrows go to the caller, the callee, and those beside. */
  const neighbour = (graph, node, key) => {
    const parent = graph.parents.get(node);
    const beside = parent ? parent.c : [node];
    return {
      ArrowUp: parent, ArrowDown: (node.c || [])[0],
      ArrowLeft: beside[beside.indexOf(node) - 1], ArrowRight: beside[beside.indexOf(node) + 1],
    }[key];
  };

  const matches = (graph, node) =>
    graph.query !== "" && node.n.toLowerCase().includes(graph.query);

  /* How much the found frames hold together; one within another counts once. */
  const found = (graph, node) => matches(graph, node) ? node.v
    : (node.c || []).reduce((sum, child) => sum + found(graph, child), 0);

  const say = (graph, text) => { graph.readout.textContent = text; };

  const frame = (graph, node, level, left, width) => {
    const text = describe(graph.flame, node);
    const button = el("button", {
      type: "button", class: matches(graph, node) ? "frame found" : "frame", tabindex: -1,
      title: text,
      style: `left:${left * 100}%;width:${width * 100}%;top:${level * rowHeight}em;` +
        `background:${color(node.n)}`,
      onclick: () => focus(graph, node), onfocus: () => say(graph, text),
      onpointerenter: () => say(graph, text),
    }, width > 0.02 ? node.n : "");
    button.node = node;
    return button;
  };

  const layOut = (graph, node, level, left, width, into) => {
    into.push(frame(graph, node, level, left, width));
    let x = left;
    let deepest = level;
    for (const child of node.c || []) {
      const part = width * child.v / node.v;
      if (part >= widthMin)
        deepest = Math.max(deepest, layOut(graph, child, level + 1, x, part, into));
      x += part;
    }
    return deepest;
  };

  const draw = (graph) => {
    const frames = [];
    const above = [];
    for (let node = graph.parents.get(graph.focus); node; node = graph.parents.get(node))
      above.unshift(node);
    above.forEach((node, level) => {
      const one = frame(graph, node, level, 0, 1);
      one.classList.add("above");
      frames.push(one);
    });
    const deepest = layOut(graph, graph.focus, above.length, 0, 1, frames);
    graph.place.style.height = `${(deepest + 1) * rowHeight}em`;
    graph.place.replaceChildren(...frames);
    frames[above.length].tabIndex = 0;
    const part = found(graph, graph.flame.root);
    say(graph, graph.query
      ? `found: ${amount(graph.flame, part)} (${share(graph.flame, part)})`
      : describe(graph.flame, graph.focus));
  };

  const focus = (graph, node, keep) => {
    graph.focus = node;
    draw(graph);
    if (!keep)
      graph.place.querySelector(".frame[tabindex='0']").focus();
  };

  /* Enter is a click; Escape goes back. */
  const keys = (graph, event) => {
    const {node} = event.target;
    if (!node)
      return;
    if (event.key === "Escape" && graph.focus !== graph.flame.root) {
      event.stopPropagation();
      focus(graph, graph.flame.root);
      return;
    }
    if (!event.key.startsWith("Arrow"))
      return;
    event.preventDefault();
    const next = neighbour(graph, node, event.key);
    const target = next && [...graph.place.children].find((one) => one.node === next);
    if (target)
      target.focus();
  };

  /* One graph: {element, show}. What is shown in it is of its own. {top: false} leaves out the
   * functions that have most of it themselves. */
  const create = (label, {top: hasTop = true} = {}) => {
    const graph = {query: "", readout: el("p", {class: "readout"})};
    graph.place = el("div", {class: "flame", role: "group", "aria-label": label,
                             onkeydown: (event) => keys(graph, event)});
    const title = el("h3", {});
    const summary = el("p", {class: "summary"});
    const top = el("ol", {class: "top"});
    const search = (event) => {
      graph.query = event.target.value.trim().toLowerCase();
      draw(graph);
    };
    const head = el("div", {class: "head"}, title,
      el("span", {class: "tools"},
         el("label", {}, "find ",
            el("input", {type: "search", class: "flame-search", size: 16, oninput: search})),
         el("button", {type: "button", onclick: () => focus(graph, graph.flame.root, true)},
            "all of it")));
    return {
      element: el("div", {class: "flame-box"}, head, summary, top,
                  el("div", {class: "scroll"}, graph.place), graph.readout),
      show(profile) {
        const {flame} = profile;
        Object.assign(graph, {flame, parents: parentsOf(flame.root), focus: flame.root});
        title.textContent = titleOf(profile);
        summary.textContent = summaryOf(profile);
        top.replaceChildren(...(hasTop ? topOf(profile) : []));
        draw(graph);
      },
    };
  };

  leakcage.flame = {
    create, labelOf, spanOf,
    isDrawn: ({flame}) => flame !== undefined && flame.root.v > 0,
    /* What grew, and of that memory, is what people look for. */
    firstOf(profiles) {
      const grown = profiles.filter(({what}) => what === "grown");
      const first = grown.length ? grown : profiles;
      return first.find(({flame}) => flame.unit === "bytes") || first[0];
    },
  };
}
