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

  const show = (profile) => {
    const {flame} = profile;
    graph = {flame, parents: parentsOf(flame.root), focus: flame.root,
             query: graph ? graph.query : ""};
    for (const row of section.querySelectorAll("tbody tr"))
      row.setAttribute("aria-selected", String(row.profile === profile));
    section.querySelector(".flame-box h3").textContent =
      `${profile.name}${profile.cycle === undefined ? "" : `, after cycle ${profile.cycle}`}: ` +
      `${flame.type || ""} ${amount(flame.total)}`;
    draw();
  };

  const row = (profile) => {
    const name = profile.flame
      ? el("button", {type: "button", onclick: () => show(profile)}, profile.name) : profile.name;
    const element = el("tr", {}, el("th", {scope: "row"}, name),
                       el("td", {}, units.format("count", profile.cycle)),
                       el("td", {}, units.format("bytes", profile.bytes)),
                       el("td", {class: "words"}, (profile.sample_types || []).join(", ")),
                       el("td", {class: "words soft"}, profile.why ? `no graph: ${profile.why}`
                         : profile.file));
    element.profile = profile;
    return element;
  };

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
      const readable = profiles.filter((profile) => profile.flame && profile.flame.root.v > 0);
      section.replaceChildren(
        el("h2", {}, "Profiles"), readable.length ? box() : "",
        el("div", {class: "scroll"}, el("table", {},
          el("thead", {}, el("tr", {}, ["profile", "cycle", "size", "samples", "file"]
            .map((name) => el("th", {scope: "col"}, name)))),
          el("tbody", {}, profiles.map(row)))));
      graph = null;
      if (readable.length)
        show(readable[readable.length - 1]);
    },
  };
}
