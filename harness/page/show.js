"use strict";
/* The page as a whole: its parts in order, keys that work everywhere, print; and the beginning. */
{
  const {el, model, choice, theme} = leakcage;
  let status = null;
  let help = null;

  const helpKeys = [
    ["drag", "zoom to what is selected"], ["Shift + drag", "move along"],
    ["Ctrl + wheel, pinch", "zoom about that place"], ["double click, 0, Esc", "all of it"],
    ["← →", "move the cursor of the focused chart (Shift: ten at a time)"],
    ["+ −", "zoom about the cursor"], ["y", "memory: axis close-up, or from 0"],
    ["d", "dark or light"], ["?", "this help"],
  ];

  const createHelp = () => el("dialog", {id: "help", "aria-label": "help"},
    el("form", {method: "dialog"}, el("h2", {}, "Charts by mouse and keys"),
       el("dl", {}, helpKeys.flatMap(([keys, text]) => [el("dt", {}, keys), el("dd", {}, text)])),
       el("p", {class: "soft"}, "A link to this page, with what stands after the #, shows the " +
         "same range, lines and order."),
       el("button", {autofocus: true}, "close")));

  const toggleTheme = () => {
    theme.set(theme.isDark() ? "light" : "dark");
    choice.write();
  };

  const head = (view) => {
    const button = (text, title, onclick) => el("button", {type: "button", title, onclick}, text);
    return el("header", {}, el("h1", {}, view.title || "leakcage"),
      el("nav", {class: "tools", "aria-label": "page"},
         button("◐", "dark or light (d)", toggleTheme),
         button("print", "as paper or PDF", () => window.print()),
         button("?", "mouse and keys", () => help.showModal())));
  };

  const samplesText = (run) => run && run.samples && run.samples.n > run.samples.shown
    ? `${leakcage.units.count(run.samples.n)} samples were taken; drawn are the lowest and the ` +
      "highest of each short span of time." : "";

  const foot = (view) => {
    const licence = document.getElementById("dygraphs-licence");
    return el("footer", {},
      el("p", {}, [view.generator, "charts by dygraphs (MIT)"].filter(Boolean).join(" · ")),
      licence && el("details", {}, el("summary", {}, "licence of dygraphs"),
                    el("pre", {}, licence.textContent.trim())));
  };

  /* Everything that shows view data, from the first. */
  leakcage.refresh = () => {
    leakcage.runs.refresh();
    leakcage.summary.refresh();
    leakcage.explain.refresh();
    leakcage.panels.refresh();
    leakcage.floors.refresh();
    leakcage.tables.refresh();
    leakcage.profiles.refresh();
    document.getElementById("samples").textContent = samplesText(model.selected());
  };

  /* A line above everything, with a button where there is something to do; "" takes it away. */
  leakcage.notice = (text, action, work) => {
    const shown = status.firstChild ? status.firstChild.textContent : "";
    if (shown === text)
      return;
    status.hidden = text === "";
    const button = action && el("button", {type: "button", onclick: work}, action);
    status.replaceChildren(...[text && el("span", {}, text), button].filter(Boolean));
  };

  const keys = (event) => {
    const {target} = event;
    if (event.ctrlKey || event.metaKey || event.altKey || help.open ||
        target.closest("input[type=search],textarea,select"))
      return;
    const {panels} = leakcage;
    const actions = {
      "+": () => panels.zoomBy(1 / 1.5), "=": () => panels.zoomBy(1 / 1.5),
      "-": () => panels.zoomBy(1.5), "0": panels.reset, "Escape": panels.reset,
      "y": () => panels.setFit(!choice.get().fit), "d": toggleTheme, "?": () => help.showModal(),
    };
    if (!Object.hasOwn(actions, event.key))
      return;
    event.preventDefault();
    actions[event.key]();
  };

  /* Paper is light, and as wide as paper is. Browsers print what a canvas is given now as lines,
   * where it has one dot for each of the page. */
  const print = (on) => {
    document.body.classList.toggle("printing", on);
    theme.print(on);
    leakcage.panels.resize(on ? 1 : null);
    leakcage.floors.refresh();
    leakcage.tables.print(on);
    leakcage.explain.print(on);
  };

  /* Draw view data in this element. */
  leakcage.show = (view, element) => {
    model.set(view);
    choice.read();
    status = el("p", {id: "notice", role: "status", hidden: true});
    help = createHelp();
    element.replaceChildren(
      head(model.view()), status, leakcage.runs.create(), leakcage.summary.create(),
      leakcage.explain.create(), leakcage.panels.create(),
      el("p", {id: "samples", class: "soft"}), leakcage.floors.create(),
      ...leakcage.tables.create(), leakcage.profiles.create(),
      foot(model.view()), help);
    leakcage.refresh();
    choice.onAddress(leakcage.refresh);
    document.addEventListener("keydown", keys);
    window.addEventListener("beforeprint", () => print(true));
    window.addEventListener("afterprint", () => print(false));
    document.documentElement.dataset.ready = "1";
  };

  /* What the reader sees, for those who ask by script. */
  leakcage.state = () => ({
    range: leakcage.panels.sight().range, zoomed: leakcage.panels.sight().zoomed,
    visible: leakcage.panels.visible(), sort: choice.get().sort,
    selected: model.selectedIndex(), drawn: model.drawn(),
  });

  const begin = () => {
    const data = document.getElementById("leakcage-view");
    const live = document.querySelector("meta[name=leakcage-live]");
    if (data)
      leakcage.show(JSON.parse(data.textContent), document.getElementById("page"));
    if (data && live)
      leakcage.live(live.content);
  };
  begin();
}
