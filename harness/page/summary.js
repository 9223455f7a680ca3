"use strict";
/* On top: the verdict as a sign and a word, and what it stands on, in words. */
{
  const {el, svg, model, units} = leakcage;

  const looks = {
    "leak": ["LEAK", "bad", "M12 3 22 20H2Z"],
    "pressure": ["PRESSURE", "warn", "M4 4h16v16H4Z"],
    "lazy-release": ["LAZY RELEASE", "warn", "M12 2 22 12 12 22 2 12Z"],
    "clean": ["CLEAN", "good", "M12 2a10 10 0 1 0 .01 0Z"],
    "inconclusive": ["INCONCLUSIVE", "soft", "M7 3h10l5 9-5 9H7l-5-9Z"],
    "running": ["RUNNING", "info", "M5 3 21 12 5 21Z"],
    "error": ["ERROR", "bad", "M5 2 12 9 19 2 22 5 15 12 22 19 19 22 12 15 5 22 2 19 9 12 2 5Z"],
  };

  const outcomes = {
    pass: ["✓ as expected", "good"], fail: ["✗ not as expected", "bad"],
    undecided: ["? undecided", "warn"], error: ["! error", "bad"],
  };

  const figureNames = [
    ["growth_bytes_per_request", "growth per request", "bytes"],
    ["floor_bytes", "floor", "bytes"],
    ["peak_bytes", "peak", "bytes"],
    ["retained_bytes", "stays after the load", "bytes"],
    ["requests_per_s", "requests", "per_s"],
    ["latency_p50_s", "latency, median", "s"],
    ["latency_p99_s", "latency, 99 %", "s"],
    ["cpu_s_per_request", "CPU per request", "s"],
    ["requests_to_kill", "requests to the kill", "count"],
    ["threads_count", "threads", "count"],
    ["descriptors_count", "descriptors", "count"],
    ["oom_kills", "OOM kills", "count"],
    ["restarts", "restarts", "count"],
  ];

  const verdictOf = (run) => run.verdict || (run.error ? "error" : "inconclusive");

  /* The verdict as a badge: colour, shape and word. */
  const badge = (verdict, small) => {
    const [word, tone, shape] = looks[verdict] || [verdict.toUpperCase(), "soft", "M3 3h18v18H3Z"];
    return el("span", {class: `badge ${tone}${small ? " small" : ""}`},
              svg("svg", {viewBox: "0 0 24 24", "aria-hidden": "true"}, svg("path", {d: shape})),
              word);
  };

  const list = (title, texts, className) => texts && texts.length
    ? el("div", {class: className}, el("h3", {}, title),
         el("ul", {}, texts.map((text) => el("li", {}, text)))) : null;

  /* What kubectl would say is a table in itself, over lines of which the first has the name. */
  const lineClasses = {verdict: "strong", pod: "mono"};

  /* The evidence in the terminal's words; what findings and warnings say stands below anyway. */
  const evidence = (run) => {
    const said = new Set([...(run.findings || []), ...(run.warnings || [])]);
    let topic = "";
    const items = (run.lines || []).filter((line) => !said.has(line.text)).flatMap((line) => {
      const goesOn = line.name === "";
      topic = goesOn ? topic : line.name;
      return [el("dt", {}, line.name),
              el("dd", {class: goesOn && topic !== "pod" ? null : lineClasses[topic]}, line.text)];
    });
    if (run.error)
      items.unshift(el("dt", {}, "error"), el("dd", {class: "strong bad"}, run.error));
    return el("div", {id: "evidence"}, el("dl", {}, items),
              list("Notes", run.findings, "notes"), list("Warnings", run.warnings, "warnings"));
  };

  const figures = (run) => {
    const values = run.figures || {};
    const tiles = figureNames
      .filter(([key]) => values[key] !== undefined && values[key] !== null)
      .filter(([key]) => run.verdict === "leak" || !key.startsWith("growth"))
      .filter(([key]) => values[key] !== 0 || !["oom_kills", "restarts"].includes(key))
      .map(([key, name, unit]) => el("div", {class: "figure", "data-figure": key},
        el("b", {}, (key.startsWith("growth") && values[key] > 0 ? "+" : "") +
          units.format(unit, values[key])), el("span", {}, name)));
    return tiles.length ? el("div", {class: "figures"}, tiles) : null;
  };

  /* What the terminal would print, for a ticket. */
  const asText = (run) => {
    const lines = [run.headline || model.name(run), ""];
    if (run.error)
      lines.push(`  ${"error".padEnd(8)} ${run.error}`);
    for (const line of run.lines || [])
      lines.push(`  ${line.name.padEnd(8)} ${line.text}`);
    const said = lines.join("\n");
    for (const [name, texts] of [["note", run.findings], ["warning", run.warnings]])
      for (const text of texts || [])
        if (!said.includes(text))
          lines.push(`  ${name.padEnd(8)} ${text}`);
    return `${lines.join("\n")}\n`;
  };

  const copy = async (button, text) => {
    const label = button.textContent;
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = el("textarea", {class: "offscreen"}, text);
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    button.textContent = done ? "copied" : "this browser does not let it";
    setTimeout(() => { button.textContent = label; }, 1500);
  };

  let section = null;

  leakcage.summary = {
    badge, figureNames, verdictOf,
    create() {
      section = el("section", {id: "summary"});
      return section;
    },
    refresh() {
      const run = model.selected();
      section.hidden = !run;
      if (!run)
        return;
      const outcome = outcomes[run.outcome];
      section.replaceChildren(
        el("div", {id: "verdict", "data-verdict": verdictOf(run), role: "status"},
           badge(verdictOf(run)),
           run.cause && run.cause !== "none" ? el("span", {class: "cause"}, run.cause) : null,
           outcome ? el("span", {class: `outcome ${outcome[1]}`}, outcome[0]) : null,
           el("button", {type: "button", class: "copy", title: "As the terminal prints it",
                         onclick: (event) => copy(event.target, asText(model.selected()))},
              "copy as text")),
        el("p", {class: "headline"}, run.headline || model.name(run)),
        ...[figures(run)].filter(Boolean), evidence(run));
    },
  };
}
