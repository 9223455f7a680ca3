"use strict";
/* Profiles that the run collected, and a flame graph of one: the widest is what holds most; what
 * stands below is called by what stands above. */
{
  const {el, model, units} = leakcage;
  const widthMin = 0.0008; /* of the graph: narrower frames are not drawn */
  const rowHeight = 1.35; /* em */

  let section = null;
  let graph = null; /* what is shown: {flame, parents, focus, query} */

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

  const amount = (value) => units.format(graph.flame.unit === "bytes" ? "bytes"
    : graph.flame.unit === "nanoseconds" ? "s" : "count",
  graph.flame.unit === "nanoseconds" ? value / 1e9 : value);

  const describe = (node) => `${node.n}: ${amount(node.v)} ` +
    `(${(100 * node.v / graph.flame.total).toFixed(1)} %)`;

  const matches = (node) => graph.query !== "" && node.n.toLowerCase().includes(graph.query);

  /* How much the found frames hold together; one within another counts once. */
  const found = (node) => matches(node) ? node.v
    : (node.c || []).reduce((sum, child) => sum + found(child), 0);

  const frame = (node, level, left, width) => {
    const button = el("button", {
      type: "button", class: matches(node) ? "frame found" : "frame", tabindex: -1,
      title: describe(node),
      style: `left:${left * 100}%;width:${width * 100}%;top:${level * rowHeight}em;` +
        `background:${color(node.n)}`,
      onclick: () => focus(node),
      onfocus: () => say(describe(node)),
      onpointerenter: () => say(describe(node)),
    }, width > 0.02 ? node.n : "");
    button.node = node;
    return button;
  };

  const layOut = (node, level, left, width, into) => {
    into.push(frame(node, level, left, width));
    let x = left;
    let deepest = level;
    for (const child of node.c || []) {
      const share = width * child.v / node.v;
      if (share >= widthMin)
        deepest = Math.max(deepest, layOut(child, level + 1, x, share, into));
      x += share;
    }
    return deepest;
  };

  const say = (text) => { section.querySelector(".readout").textContent = text; };

  const draw = () => {
    const frames = [];
    const above = [];
    for (let node = graph.parents.get(graph.focus); node; node = graph.parents.get(node))
      above.unshift(node);
    above.forEach((node, level) => {
      const one = frame(node, level, 0, 1);
      one.classList.add("above");
      frames.push(one);
    });
    const deepest = layOut(graph.focus, above.length, 0, 1, frames);
    const place = section.querySelector(".flame");
    place.style.height = `${(deepest + 1) * rowHeight}em`;
    place.replaceChildren(...frames);
    frames[above.length].tabIndex = 0;
    const part = found(graph.flame.root);
    say(graph.query ? `found: ${amount(part)} (${(100 * part / graph.flame.total).toFixed(1)} %)`
      : describe(graph.focus));
  };

  const focus = (node, keep) => {
    graph.focus = node;
    draw();
    if (!keep)
      section.querySelector(".frame[tabindex='0']").focus();
  };

  /* Arrows go to the caller, the callee, and those beside; Enter is a click; Escape goes back. */
  const keys = (event) => {
    const {node} = event.target;
    if (!node)
      return;
    if (event.key === "Escape" && graph.focus !== graph.flame.root) {
      event.stopPropagation();
      focus(graph.flame.root);
      return;
    }
    const parent = graph.parents.get(node);
    const beside = parent ? parent.c : [node];
    const next = {
      ArrowUp: parent, ArrowDown: (node.c || [])[0],
      ArrowLeft: beside[beside.indexOf(node) - 1], ArrowRight: beside[beside.indexOf(node) + 1],
    }[event.key];
    if (!event.key.startsWith("Arrow"))
      return;
    event.preventDefault();
    const target = next && [...event.currentTarget.children].find((one) => one.node === next);
    if (target)
      target.focus();
  };

  const isDrawn = ({flame}) => flame !== undefined && flame.root.v > 0;

  const labelOf = (profile) =>
    profile.what ? `${profile.name}: ${profile.what === "grown" ? "what grew" : "what is held"}`
      : profile.name;

  /* A row of cycles.csv as the table of cycles calls it. */
  const floorOf = (row) => {
    const cycles = ((model.selected() || {}).cycles || []).slice(0, row + 1);
    if (cycles.length <= row)
      return `floor ${row}`;
    return cycles[row].kind !== "measure" ? cycles[row].kind
      : `cycle ${cycles.filter(({kind}) => kind === "measure").length}`;
  };

  const spanOf = ({cycle, from_cycle: from}) =>
    from === undefined ? floorOf(cycle) : `${floorOf(from)} to ${floorOf(cycle)}`;

  const titleOf = (profile) => profile.cycle === undefined ? labelOf(profile)
    : `${labelOf(profile)}, ${profile.from_cycle === undefined ? "after" : "from"} ` +
      spanOf(profile);

  /* What it is about, in words; of growth also by how much for each request. */
  const summaryOf = ({flame, what, requests, period}) => {
    const sign = what === "grown" ? "+" : "";
    const each = what === "grown" && requests > 0 ? ` in ${units.format("count", requests)} ` +
      `requests, ${period > 1 ? "about " : ""}` +
      `${amount((flame.total - (flame.shrunk || 0)) / requests)} each` : "";
    const less = flame.shrunk ? `; other stacks ${amount(-flame.shrunk)}` : "";
    const sampled = period > 1 && flame.unit === "bytes"
      ? `; sampled, once in ${amount(period)}` : "";
    return `${flame.type || ""} ${sign}${amount(flame.total)}${less}${each}${sampled}`;
  };

  /* The functions that have most of it themselves. */
  const topOf = ({flame, top}) => (top || []).map((line) =>
    el("li", {}, el("b", {}, line.function), ` ${amount(line.flat)} ` +
      `(${(100 * line.flat / flame.total).toFixed(1)} %)` +
      (line.cumulative > line.flat ? `, ${amount(line.cumulative)} with what it calls` : "")));

  /* What grew, and of that memory, is what people look for. */
  const firstOf = (profiles) => {
    const grown = profiles.filter(({what}) => what === "grown");
    return grown.find(({flame}) => flame.unit === "bytes") || grown[0] || profiles[0];
  };

  const show = (profile) => {
    const {flame} = profile;
    graph = {flame, parents: parentsOf(flame.root), focus: flame.root,
             query: graph ? graph.query : ""};
    for (const row of section.querySelectorAll("tbody tr"))
      row.setAttribute("aria-selected", String(row.profile === profile));
    section.querySelector(".flame-box h3").textContent = titleOf(profile);
    section.querySelector(".flame-box .summary").textContent = summaryOf(profile);
    section.querySelector(".flame-box .top").replaceChildren(...topOf(profile));
    draw();
  };

  const row = (profile) => {
    const name = isDrawn(profile)
      ? el("button", {type: "button", onclick: () => show(profile)}, labelOf(profile))
      : labelOf(profile);
    const cycles = profile.cycle === undefined ? "–" : spanOf(profile);
    const files = profile.from_file ? `${profile.from_file} to ${profile.file}` : profile.file;
    const remark = profile.why ? `no graph: ${profile.why}; ` : isDrawn(profile) ? ""
      : profile.what === "grown" ? "nothing grew; " : "nothing is held; ";
    const element = el("tr", {}, el("th", {scope: "row"}, name),
                       el("td", {}, cycles),
                       el("td", {}, units.format("bytes", profile.bytes)),
                       el("td", {class: "words"}, (profile.sample_types || []).join(", ")),
                       el("td", {class: "words soft"}, remark + files));
    element.profile = profile;
    return element;
  };

  const table = (profiles) => el("div", {class: "scroll"}, el("table", {"aria-label": "profiles"},
    el("thead", {}, el("tr", {}, el("th", {scope: "col"}, "profile"),
                       el("th", {scope: "col"}, "floor"), el("th", {scope: "col"}, "size"),
                       el("th", {scope: "col", class: "words"}, "samples"),
                       el("th", {scope: "col", class: "words"}, "file"))),
    el("tbody", {}, profiles.map(row))));

  const box = () => el("div", {class: "flame-box"},
    el("div", {class: "head"}, el("h3", {}),
       el("span", {class: "tools"},
          el("label", {}, "find ", el("input", {
            type: "search", class: "flame-search", size: 16, oninput: (event) => {
              graph.query = event.target.value.trim().toLowerCase();
              draw();
            }})),
          el("button", {type: "button", onclick: () => focus(graph.flame.root, true)},
             "all of it"))),
    el("p", {class: "summary"}),
    el("ol", {class: "top"}),
    el("div", {class: "scroll"}, el("div", {class: "flame", role: "group",
                                            "aria-label": "flame graph", onkeydown: keys})),
    el("p", {class: "readout"}));

  leakcage.flame = {
    create() {
      section = el("section", {id: "profiles"});
      return section;
    },
    refresh() {
      const profiles = (model.selected() || {}).profiles || [];
      section.hidden = profiles.length === 0;
      if (section.hidden || section.profiles === profiles)
        return;
      section.profiles = profiles;
      const readable = profiles.filter(isDrawn);
      const told = profiles.filter((profile) => profile.flame || profile.why);
      const others = profiles.filter((profile) => !told.includes(profile));
      section.replaceChildren(
        el("h2", {}, "Profiles"), readable.length ? box() : "", told.length ? table(told) : "",
        others.length ? el("details", {}, el("summary", {},
          `${others.length} more ${others.length > 1 ? "files were" : "file was"} collected`),
        table(others)) : "");
      graph = null;
      if (readable.length)
        show(firstOf(readable));
    },
  };
}
