"use strict";
/* Floors against requests: what stays after each cycle, by the work that was done until then, with
 * the fitted line and the band of its slope. An SVG, so that print is as sharp as it can be. */
{
  const {el, svg, model, theme, units} = leakcage;
  const margin = {left: 76, right: 16, top: 12, bottom: 40};

  let section = null;
  let chart = null;
  let readout = null;
  let points = []; /* {x, y, text} of what is drawn */
  let chosen = -1;

  const range = (values) => {
    const low = Math.min(...values);
    const high = Math.max(...values);
    const pad = (high - low) * 0.08 || Math.abs(high) * 0.05 || 1;
    return [low, high, pad];
  };

  const scales = (all, width, height) => {
    const [x0, x1] = range(all.map((floor) => floor.requests));
    const [y0, y1, pad] = range(all.flatMap((floor) => [floor.bytes, floor.low_bytes,
      floor.high_bytes].filter(Number.isFinite)));
    const right = x1 > x0 ? x1 : x0 + 1;
    const low = Math.max(y0 - pad, y0 >= 0 ? 0 : -Infinity);
    const high = y1 + pad;
    return {
      width, height, low, high, right, left: x0,
      x: (requests) => margin.left +
        (requests - x0) / (right - x0) * (width - margin.left - margin.right),
      y: (bytes) => height - margin.bottom -
        (bytes - low) / (high - low) * (height - margin.top - margin.bottom),
    };
  };

  const axes = (at) => {
    const nodes = [];
    const font = leakcage.fontSize();
    const line = (x1, y1, x2, y2) => svg("line", {class: "grid", x1, y1, x2, y2});
    const text = (x, y, anchor, words) => svg("text", {x, y, "text-anchor": anchor}, words);
    const bottom = at.height - margin.bottom;
    for (const tick of leakcage.ticks.amount("bytes", at.low, at.high, bottom - margin.top, 40))
      nodes.push(line(margin.left, at.y(tick.v), at.width - margin.right, at.y(tick.v)),
                 text(margin.left - 8, at.y(tick.v) + font / 3, "end", tick.label));
    for (const tick of leakcage.ticks.amount("count", at.left, at.right,
                                             at.width - margin.left, 90))
      nodes.push(line(at.x(tick.v), bottom, at.x(tick.v), bottom + 4),
                 text(at.x(tick.v), bottom + 6 + font, "middle", tick.label));
    nodes.push(text(at.width - margin.right, at.height - 6, "end", "requests so far"));
    return nodes;
  };

  const path = (list, x, y) => list.map((one, i) => `${i ? "L" : "M"}${x(one).toFixed(1)} ` +
    `${y(one).toFixed(1)}`).join("");

  const fit = (at, floors, color) => {
    const fitted = floors.filter((floor) => Number.isFinite(floor.fit_bytes));
    if (fitted.length < 2)
      return [];
    const x = (floor) => at.x(floor.requests);
    const band = path(fitted, x, (floor) => at.y(floor.high_bytes)) +
      path([...fitted].reverse(), x, (floor) => at.y(floor.low_bytes)).replace("M", "L") + "Z";
    return [
      svg("path", {class: "band", d: band, style: color && `fill:${color}`}),
      svg("path", {class: "fit", d: path(fitted, x, (floor) => at.y(floor.fit_bytes)),
                   style: color && `stroke:${color}`}),
    ];
  };

  const dots = (at, run, color) => (run.floors || []).map((floor, i) => {
    const text = `${model.isOverlay() ? `${model.name(run)}: ` : ""}floor ${i}` +
      `${floor.kind === "measure" ? "" : ` (${floor.kind})`}: ${units.bytes(floor.bytes)} ` +
      `after ${units.count(floor.requests)} requests, at ${units.duration(floor.t_s)}`;
    points.push({x: at.x(floor.requests), y: at.y(floor.bytes), text});
    return svg("circle", {
      class: floor.judged ? "floor judged" : "floor", cx: at.x(floor.requests).toFixed(1),
      cy: at.y(floor.bytes).toFixed(1), r: 4, style: color && `stroke:${color};--dot:${color}`,
    }, svg("title", {}, text));
  });

  /* Lines from floor to floor, as long as the same start of the service lives. */
  const lines = (at, run, color) => {
    const starts = new Map();
    for (const floor of run.floors || [])
      starts.set(floor.start, [...(starts.get(floor.start) || []), floor]);
    return [...starts.values()].map((list) => svg("path", {
      class: "steps", style: color && `stroke:${color}`,
      d: path(list, (floor) => at.x(floor.requests), (floor) => at.y(floor.bytes)),
    }));
  };

  const choose = (index) => {
    chosen = index;
    readout.textContent = index >= 0 ? points[index].text : caption();
    const ring = chart.querySelector(".ring");
    if (!ring)
      return;
    ring.style.display = index >= 0 ? "" : "none";
    if (index >= 0) {
      ring.setAttribute("cx", points[index].x);
      ring.setAttribute("cy", points[index].y);
    }
  };

  const caption = () => {
    const run = model.selected();
    const {slope} = run;
    if (!slope)
      return "";
    return `${model.isOverlay() ? `${model.name(run)}: ` : ""}` +
      `${slope.estimate < 0 ? "" : "+"}${units.bytes(slope.estimate)} per request ` +
      `(95 %: ${units.bytes(slope.low)} to ${units.bytes(slope.high)}), through the filled floors`;
  };

  const draw = () => {
    const runs = model.drawn().map((index) => [model.runs()[index], index]);
    const all = runs.flatMap(([run]) => run.floors || []);
    section.hidden = all.length === 0;
    points = [];
    if (section.hidden)
      return;
    const width = Math.max(chart.clientWidth, 240);
    const at = scales(all, width, Math.round(leakcage.clamp(width * 0.4, 200, 340)));
    const drawing = svg("svg", {width, height: at.height, viewBox: `0 0 ${width} ${at.height}`,
                                role: "img", "aria-label": "Floors against requests"});
    drawing.append(...axes(at));
    for (const [run, index] of runs) {
      const color = model.isOverlay() ? model.runColor(index) : null;
      const group = svg("g", {}, fit(at, run.floors || [], color), lines(at, run, color),
                        dots(at, run, color));
      group.classList.toggle("behind", model.isOverlay() && index !== model.selectedIndex());
      drawing.append(group);
    }
    drawing.append(svg("circle", {class: "ring", r: 8, style: "display:none"}));
    chart.replaceChildren(drawing);
    choose(-1);
  };

  const nearest = (event) => {
    const box = chart.getBoundingClientRect();
    const distance = (point) => Math.hypot(point.x - event.clientX + box.left,
                                           point.y - event.clientY + box.top);
    return points.reduce((best, point, i) =>
      distance(point) < distance(points[best]) ? i : best, 0);
  };

  leakcage.floors = {
    create() {
      readout = el("p", {class: "readout"});
      chart = el("div", {
        class: "chart", tabindex: 0, role: "group",
        "aria-label": "Floors against requests. Arrow keys go from floor to floor.",
        onpointermove: (event) => points.length && choose(nearest(event)),
        onpointerleave: () => choose(-1),
        onkeydown: (event) => {
          const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
          if (!step || points.length === 0)
            return;
          event.preventDefault();
          choose(leakcage.clamp(chosen + step, 0, points.length - 1));
        },
      });
      section = el("section", {id: "floors", class: "panel"},
                   el("h2", {}, "What stays: floors against requests"), chart, readout);
      new ResizeObserver(leakcage.once(draw)).observe(section);
      theme.onChange(draw);
      return section;
    },
    refresh: draw,
  };
}
