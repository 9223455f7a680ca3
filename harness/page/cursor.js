"use strict";
/* One moment for all panels: a line, a dot on every line, and in words what was then. */
{
  const {el, units} = leakcage;
  const near = 8; /* pixels */

  /* The value of a line at (about) time t: [time, value], or null. */
  const valueAt = (line, t) => {
    const i = leakcage.nearest(line.t, t);
    return i < 0 || line.v[i] === null || line.v[i] === undefined ? null : [line.t[i], line.v[i]];
  };

  const phaseAt = (phases, t) =>
    phases.find((phase) => t >= phase.t_s && (phase.end_s === undefined || t < phase.end_s));

  /* Marks and floors next to the cursor, in words. */
  const besides = (panel, t, span) => {
    const texts = [];
    for (const mark of panel.background.marks)
      if (Math.abs(mark.t_s - t) <= span)
        texts.push(mark.text ? `${mark.kind}: ${mark.text}` : mark.kind);
    for (const floor of panel.background.floors.flatMap((one) => one.list))
      if (Math.abs(floor.t_s - t) <= span)
        texts.push(`floor ${units.bytes(floor.bytes)} after ` +
                   `${units.count(floor.requests)} requests`);
    return texts.slice(0, 4);
  };

  const readout = (panel, t, range) => {
    const parts = [el("b", {}, units.moment(t, range[1] - range[0]))];
    const phase = phaseAt(panel.background.phases, t);
    if (phase)
      parts.push(el("span", {class: "soft"}, phase.name));
    for (const line of panel.shown) {
      const found = valueAt(line, t);
      parts.push(el("span", {style: `--c:${line.color || `var(--series-${line.look[0] % 8})`}`,
                             class: "value"},
                    `${line.name} ${units.format(line.unit, found && found[1])}`));
    }
    const [a, b] = [panel.graph.toDataXCoord(0), panel.graph.toDataXCoord(near)];
    for (const text of besides(panel, t, b - a))
      parts.push(el("span", {class: "beside"}, text));
    panel.readout.replaceChildren(...parts.flatMap((part) => [part, " "]));
  };

  const dots = (panel, t, range) => {
    const nodes = [];
    for (const line of panel.shown) {
      const found = valueAt(line, t);
      if (!found || found[0] < range[0] || found[0] > range[1])
        continue;
      const x = panel.graph.toDomXCoord(found[0]);
      const y = panel.graph.toDomYCoord(found[1], line.right ? 1 : 0);
      nodes.push(el("i", {style: `transform:translate(${x}px,${y}px);` +
        `background:${line.color || `var(--series-${line.look[0] % 8})`}`}));
    }
    panel.dots.replaceChildren(...nodes);
  };

  leakcage.cursor = {
    /* Put the cursor of a panel to time t; null: there is none. */
    show(panel, t, range) {
      const hidden = t === null || !panel.graph || t < range[0] || t > range[1];
      panel.cursor.hidden = hidden;
      if (hidden) {
        panel.dots.replaceChildren();
        panel.readout.replaceChildren();
        return;
      }
      panel.cursor.style.transform = `translateX(${panel.graph.toDomXCoord(t)}px)`;
      readout(panel, t, range);
      dots(panel, t, range);
    },

    /* The next moment in this direction (±n) at which the panel's first line has a value. */
    step(panel, t, count, range) {
      const line = panel.shown[0];
      if (!line || line.t.length === 0)
        return t;
      if (t === null)
        return line.t[leakcage.nearest(line.t, (range[0] + range[1]) / 2)];
      const at = leakcage.nearest(line.t, t);
      return line.t[leakcage.clamp(at + count, 0, line.t.length - 1)];
    },
  };
}
