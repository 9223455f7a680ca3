"use strict";
/* Who takes what grows (`leakcage explain`): the places in the code, the most first, each with the
 * source around its line and its whole stack; what the instruments did; and what grew as a flame
 * graph, of one instrument at a time. */
{
  const {el, model, units, flame} = leakcage;
  const segmentMin = 0.01;
  const placesMax = 6; /* that are there at first */

  let section = null;
  let opened = []; /* for paper alone */

  const percent = (share) => units.format("share", share);
  const shareOf = (share) => share >= 0.995 && share < 1.005 ? "100 %" : percent(share);

  const perOf = (explanation) => explanation.by_time ? "per second" : "per request";
  const signed = (bytes) => `${bytes < 0 ? "" : "+"}${units.bytes(bytes)}`;
  /* "+4.0 KiB per request" */
  const rateOf = (explanation, bytes) => `${signed(bytes)} ${perOf(explanation)}`;

  const plural = (n, word) => `${units.count(n)} ${word}${n === 1 ? "" : "s"}`;

  const place = (frame) => frame && frame.file
    ? frame.line ? `${frame.file}:${frame.line}` : frame.file : "";

  /* The last two parts of a path say enough beside a name; the whole path is its title. */
  const shortPlace = (frame) => place(frame).split("/").slice(-2).join("/");

  const frameAt = (entry, index) => index === undefined ? undefined : entry.frames[index];

  /* The line to look at: of threads where they were started, if that is known. */
  const lineOf = (entry) => frameAt(entry, entry.origin_frame) || frameAt(entry, entry.line_frame);

  const titleOf = (entry) => {
    const line = lineOf(entry);
    const label = (entry.parts.find((part) => part.label) || {}).label;
    if (line)
      return el("h3", {class: "where"}, el("span", {class: "function"}, line.function), " ",
                el("span", {class: "file", title: place(line)}, shortPlace(line) ||
                  line.module || ""));
    const [leaf] = entry.frames;
    const module = !label && leaf && leaf.module ? leaf.module.split("/").pop() : "";
    return el("h3", {class: "where"}, el("span", {class: "function"}, label ||
      (leaf && leaf.function) || "nobody knows where"),
    module ? [" ", el("span", {class: "file"}, module)] : null);
  };

  /* What one instrument says of the place: "heap: one block, 4.0 KiB per request, 1,262 held". */
  const partText = (explanation, part, grows) => {
    const objects = part.objects_per_request;
    const growth = [];
    if (grows && objects > 0)
      growth.push(`+${units.format("count", Number(objects.toPrecision(3)))} ${part.word}`);
    if (grows && part.bytes_per_request > 0)
      growth.push(`+${units.bytes(part.bytes_per_request)}`);
    const held = [];
    if (part.held_objects > 0)
      held.push(`${units.count(part.held_objects)} ${part.held_word}`);
    if (part.held_bytes > 0)
      held.push(units.bytes(part.held_bytes));
    return [growth.length ? `${growth.join(", ")} ${perOf(explanation)}` : "",
            held.length ? `${held.join(", ")} held at the last floor` : ""]
      .filter(Boolean).join("; ");
  };

  const partsOf = (explanation, entry, grows) => el("ul", {class: "parts"},
    entry.parts.map((part) => el("li", {}, el("b", {}, part.instrument), " ",
      part.label ? el("code", {}, part.label) : null, part.label ? " " : null,
      partText(explanation, part, grows))));

  /* The lines of the source, numbered, that of the place marked. */
  const sourceOf = ({file, first, line, lines}) => {
    const width = String(first + lines.length - 1).length;
    return el("pre", {class: "source", tabindex: 0, "aria-label": `${file}, line ${line}`},
      lines.map((text, index) => {
        const here = first + index === line;
        return el("span", {class: here ? "here" : null},
                  el("i", {}, el("b", {}, here ? "▶" : ""),
                     `${String(first + index).padStart(width)} `),
                  `${text}\n`);
      }));
  };

  const stackRow = (entry, frame, index) => {
    const marked = index === entry.line_frame || index === entry.origin_frame;
    return el("tr", {class: marked ? "here" : frame.system ? "soft" : null},
              el("th", {scope: "row", class: "words"}, `${marked ? "▶ " : ""}${frame.function}`),
              el("td", {class: "words"}, place(frame)),
              el("td", {class: "words soft"}, frame.module || ""));
  };

  /* The whole stack, the innermost call first; of a thread, who started it below. */
  const stackOf = (entry) => {
    const rows = entry.frames.flatMap((frame, index) => [
      index === entry.origin ? el("tr", {}, el("td", {colspan: 3, class: "words soft"},
                                               "started by")) : null,
      stackRow(entry, frame, index)]).filter(Boolean);
    const more = [entry.frames_left_out ? `${plural(entry.frames_left_out, "more call")}` : "",
                  entry.more_stacks ? `${plural(entry.more_stacks, "other stack")} ` +
                    `${entry.more_stacks === 1 ? "leads" : "lead"} here, too` : ""]
      .filter(Boolean).join("; ");
    return [el("div", {class: "scroll"}, el("table", {class: "stack", "aria-label": "stack"},
                                            el("tbody", {}, rows))),
            more ? el("p", {class: "soft"}, more) : null];
  };

  const barOf = (share) => el("span", {class: "share", role: "img",
                                       "aria-label": `${shareOf(share)} of the growth`},
                              el("i", {style: `width:${leakcage.clamp(share, 0, 1) * 100}%`}));

  const factsOf = (explanation, entry, grows) => grows
    ? el("p", {class: "facts"}, entry.share > 0 ? barOf(entry.share) : null,
         el("b", {}, entry.share > 0 ? shareOf(entry.share)
           : "grows as well; its bytes are not counted"),
         entry.bytes_per_request > 0
           ? ` ${rateOf(explanation, entry.bytes_per_request)}` : "")
    : entry.held_bytes > 0
      ? el("p", {class: "facts"}, el("b", {}, units.bytes(entry.held_bytes)), " held") : null;

  const entryOf = (explanation, grows) => (entry) => el("li", {class: "place"},
    titleOf(entry), factsOf(explanation, entry, grows), partsOf(explanation, entry, grows),
    entry.source ? sourceOf(entry.source) : null,
    entry.frames.length ? el("details", {class: "calls"},
      el("summary", {}, `the whole stack (${plural(entry.frames.length, "call")})`),
      stackOf(entry)) : null);

  /* The first of them, and the others where one looks for them. */
  const listOf = (explanation, entries, grows, leftOut) => {
    const items = entries.map(entryOf(explanation, grows));
    const rest = items.slice(placesMax);
    const left = leftOut ? el("p", {class: "soft"}, `and ${plural(leftOut, "smaller place")}`)
      : null;
    return [
      el("ol", {class: "places"}, items.slice(0, placesMax)),
      rest.length ? el("details", {class: "more"},
        el("summary", {}, `${plural(rest.length, "more place")}`),
        el("ol", {class: "places", style: `counter-reset:place ${placesMax}`}, rest), left)
        : left];
  };

  /* The growth that was measured, cut up among the places that take it. */
  const splitOf = (explanation) => {
    const parts = explanation.entries.filter(({share}) => share >= segmentMin);
    return el("div", {class: "split", role: "img",
                      "aria-label": `${shareOf(explanation.share)} of the growth is explained`},
      parts.map((entry, index) => el("i", {
        style: `width:${Math.min(entry.share, 1) * 100}%;background:var(--series-${index % 8})`,
        title: `${(lineOf(entry) || {function: ""}).function} ${shareOf(entry.share)}`})));
  };

  const headOf = (explanation) => explanation.grows
    ? [el("p", {class: "explained"}, el("b", {}, `${shareOf(explanation.share)} explained`),
          `: ${signed(explanation.explained_rate)} of the ` +
            `${rateOf(explanation, explanation.measured_rate)} that were measured`),
       splitOf(explanation)]
    : [el("p", {class: "explained"}, el("b", {}, "Nothing grows in step with the work.")),
       explanation.holding ? el("p", {}, explanation.holding) : null];

  const remarksOf = (explanation) => [
    explanation.missing
      ? el("p", {class: "warnings missing"}, el("b", {}, "Not explained: "),
           explanation.missing) : null,
    explanation.disagreement
      ? el("p", {class: explanation.agrees ? "notes" : "warnings"}, explanation.disagreement)
      : null,
    explanation.agrees && !explanation.disagreement
      ? el("p", {class: "soft"}, "The run with instruments says what the plain one says.") : null];

  /* What the instruments did to the service, and which could not be used. */
  const instrumentsOf = (explanation) => {
    const rows = (explanation.instruments || []).map(({name, state, why, effect}) => el("tr", {},
      el("th", {scope: "row"}, name),
      el("td", {class: `words ${state === "used" ? "" : "warn"}`}, state),
      el("td", {class: "words"}, [why, effect].filter(Boolean).join("; "))));
    if (explanation.slowdown > 1)
      rows.push(el("tr", {}, el("th", {scope: "row"}, "all of them"), el("td", {}),
                   el("td", {class: "words"}, "the service answers " +
                     `${units.format("count", explanation.slowdown)} times slower with them`)));
    return rows.length ? el("details", {class: "instruments"},
      el("summary", {}, "Instruments and their effects"),
      el("div", {class: "scroll"}, el("table", {"aria-label": "instruments"},
                                      el("tbody", {}, rows)))) : null;
  };

  /* What the first place is of, or what there is of memory; where nothing grows, what is held. */
  const firstProfile = (explanation, readable) => {
    const kind = explanation.grows ? "grown" : "held";
    const [entry] = explanation.grows ? explanation.entries : explanation.held;
    const some = readable.filter(({what}) => what === kind);
    const name = entry && entry.parts.length ? entry.parts[0].instrument : "";
    return some.find((profile) => profile.name === name) ||
      flame.firstOf(some.length ? some : readable);
  };

  /* A button for each instrument and each of what grew and what is held, and the graph. */
  const graphOf = (explanation, profiles) => {
    const drawn = profiles.filter(flame.isDrawn);
    const readable = ["grown", "held"].flatMap((kind) => drawn.filter(({what}) => what === kind));
    if (!readable.length)
      return [];
    const graph = flame.create("flame graph of what the instruments kept", {top: false});
    const show = (profile) => {
      for (const button of buttons)
        button.setAttribute("aria-pressed", String(button.profile === profile));
      graph.show(profile);
    };
    const buttons = readable.map((profile) => {
      const button = el("button", {type: "button", "aria-label": flame.labelOf(profile),
                                   onclick: () => show(profile)}, profile.name);
      button.profile = profile;
      return button;
    });
    show(firstProfile(explanation, readable));
    const row = (kind, title) => {
      const some = buttons.filter(({profile}) => profile.what === kind);
      return some.length ? el("div", {class: "tools"}, el("span", {}, title), some) : null;
    };
    return [el("div", {class: "switch", role: "group", "aria-label": "profile"},
               row("grown", "what grew"), row("held", "what is held")), graph.element];
  };

  const bodyOf = (explanation) => {
    const {entries, held, entries_left_out: fewer, held_left_out: lessHeld} = explanation;
    const profiles = explanation.profiles || [];
    const heldList = listOf(explanation, held, false, lessHeld);
    return [
      ...headOf(explanation), ...remarksOf(explanation),
      ...(explanation.grows ? listOf(explanation, entries, true, fewer) : heldList),
      explanation.grows && held.length
        ? el("details", {class: "held"}, el("summary", {}, "What is held, whether it grows or not"),
             heldList) : null,
      ...graphOf(explanation, profiles), instrumentsOf(explanation),
      profiles.length ? el("details", {class: "files"},
        el("summary", {}, "Profiles of the run with instruments"),
        leakcage.profiles.table(profiles),
        el("p", {class: "soft"}, "What grew is beside them as explain/NAME.grown.pb.gz (for go " +
          "tool pprof), .folded (flamegraph.pl, speedscope) and .heap (google-pprof).")) : null];
  };

  leakcage.explain = {
    create() {
      section = el("section", {id: "explanation"});
      return section;
    },
    /* Nobody can open what is closed on paper: the stack of the first place, and the effects. */
    print(on) {
      if (on)
        opened = [...section.querySelectorAll(".place:first-child > .calls, .instruments")]
          .filter((element) => !element.open && !element.closest(".held"));
      for (const element of opened)
        element.open = on;
    },
    refresh() {
      const {explanation} = model.selected() || {};
      section.hidden = !explanation;
      if (section.hidden || section.explanation === explanation)
        return;
      section.explanation = explanation;
      const isWhole = Array.isArray(explanation.entries);
      section.replaceChildren(
        el("h2", {}, isWhole && !explanation.grows ? "Who holds it" : "Who takes it"),
        ...(isWhole ? bodyOf(explanation)
          : [el("p", {class: "warnings"}, `The explanation cannot be read: ${explanation.why}`)])
          .flat().filter((child) => child !== null));
    },
  };
}
