"use strict";
/* Profiles that the run collected, as a table, and a flame graph of the one that is chosen. */
{
  const {el, model, units, flame} = leakcage;
  let section = null;
  let graph = null;

  const show = (profile) => {
    for (const row of section.querySelectorAll("tbody tr"))
      row.setAttribute("aria-selected", String(row.profile === profile));
    graph.show(profile);
  };

  const row = (profile, onshow) => {
    const drawn = flame.isDrawn(profile);
    const name = drawn && onshow
      ? el("button", {type: "button", onclick: () => onshow(profile)}, flame.labelOf(profile))
      : flame.labelOf(profile);
    const cycles = profile.cycle === undefined ? "–" : flame.spanOf(profile);
    const files = profile.from_file ? `${profile.from_file} to ${profile.file}` : profile.file;
    const remark = profile.why ? `no graph: ${profile.why}; ` : drawn ? ""
      : profile.what === "grown" ? "nothing grew; " : "nothing is held; ";
    const element = el("tr", {}, el("th", {scope: "row"}, name),
                       el("td", {}, cycles),
                       el("td", {}, units.format("bytes", profile.bytes)),
                       el("td", {class: "words"}, (profile.sample_types || []).join(", ")),
                       el("td", {class: "words soft"}, remark + files));
    element.profile = profile;
    return element;
  };

  const columns = [["profile", ""], ["floor", ""], ["size", ""], ["samples", "words"],
                   ["file", "words"]];

  /* `onshow` is called with the one that is chosen; without it none can be. */
  const table = (profiles, onshow) => el("div", {class: "scroll"},
    el("table", {"aria-label": "profiles"},
       el("thead", {}, el("tr", {}, columns.map(([name, look]) =>
         el("th", {scope: "col", class: look || null}, name)))),
       el("tbody", {}, profiles.map((profile) => row(profile, onshow)))));

  leakcage.profiles = {
    table,
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
      const readable = profiles.filter(flame.isDrawn);
      const told = profiles.filter((profile) => profile.flame || profile.why);
      const others = profiles.filter((profile) => !told.includes(profile));
      graph = readable.length ? flame.create("flame graph") : null;
      section.replaceChildren(
        el("h2", {}, "Profiles"), graph ? graph.element : "", told.length ? table(told, show) : "",
        others.length ? el("details", {}, el("summary", {},
          `${others.length} more ${others.length > 1 ? "files were" : "file was"} collected`),
        table(others)) : "");
      if (graph)
        show(flame.firstOf(readable));
    },
  };
}
