"use strict";
/* What is drawn below and above the lines of a panel: phases, the limit, floors with their fit,
 * marks. `at` maps: {x(t), y(value), area: {x, y, w, h}, from, to}. */
{
  const {color} = leakcage.theme;

  /* Whether something from t to end is in sight. */
  const inSight = (at, t, end) => end >= at.from && t <= at.to;

  const phaseKinds = {
    measure: "measure", warmup: "warmup", probe: "probe", others: "others", start: "start",
    ready: "start",
  };

  /* Stripes, for what is another's time: told from the rest without colours. */
  const stripes = (context, x, y, width, height) => {
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    context.beginPath();
    for (let i = x - height; i < x + width; i += 7) {
      context.moveTo(i, y + height);
      context.lineTo(i + height, y);
    }
    context.stroke();
    context.restore();
  };

  const phaseName = (context, phase, width) => {
    const names = [phase.name, phase.name.replace(/^\D*(\d+)$/, "$1")];
    return names.find((name) => context.measureText(name).width < width - 6);
  };

  leakcage.underlay = {
    /* Bands of the phases; with `named`, their names where there is room. */
    phases(context, at, phases, named, fontSize) {
      const {area} = at;
      context.font = `${fontSize}px system-ui, sans-serif`;
      context.textBaseline = "top";
      context.textAlign = "center";
      let odd = false;
      for (const phase of phases) {
        const end = phase.end_s === undefined ? at.to : phase.end_s;
        odd = phase.kind === "measure" ? !odd : odd;
        if (!inSight(at, phase.t_s, end))
          continue;
        const left = Math.max(at.x(phase.t_s), area.x);
        const width = Math.min(at.x(end), area.x + area.w) - left;
        const kind = phaseKinds[phase.kind];
        if (kind) {
          context.fillStyle = color(`phase-${kind}${kind === "measure" && odd ? "-odd" : ""}`);
          context.fillRect(left, area.y, width, area.h);
        }
        if (phase.kind === "others" || phase.kind === "probe") {
          context.strokeStyle = color("stripe");
          context.lineWidth = 1;
          stripes(context, left, area.y, width, area.h);
        }
        const name = named && phase.kind !== "idle" && phaseName(context, phase, width);
        if (name) {
          context.fillStyle = color("soft");
          context.fillText(name, left + width / 2, area.y + 4);
        }
      }
    },

    /* A horizontal line with its name; of one that is above what is in sight the name alone. */
    limit(context, at, bytes, fontSize) {
      const {area} = at;
      const y = Math.round(at.y(bytes)) + 0.5;
      context.font = `600 ${fontSize}px system-ui, sans-serif`;
      context.textAlign = "left";
      context.textBaseline = "top";
      context.fillStyle = color("limit");
      context.strokeStyle = color("paper");
      context.lineWidth = 3;
      const name = `limit ${leakcage.units.bytes(bytes)}`;
      const write = (text, top) => {
        context.strokeText(text, area.x + 6, top);
        context.fillText(text, area.x + 6, top);
      };
      if (y < area.y - 1)
        write(`${name} ↑`, area.y + fontSize + 8);
      if (y < area.y - 1 || y > area.y + area.h)
        return;
      context.strokeStyle = color("limit");
      context.lineWidth = 1.5;
      context.setLineDash([10, 4]);
      context.beginPath();
      context.moveTo(area.x, y);
      context.lineTo(area.x + area.w, y);
      context.stroke();
      context.setLineDash([]);
      context.strokeStyle = color("paper");
      context.lineWidth = 3;
      write(name, y - area.y > 2 * fontSize + 12 ? y - fontSize - 3 : y + 4);
    },

    /* Each floor as a step up to the next of the same start; the fitted line and its band through
     * those that the verdict judged. */
    floors(context, at, floors, stroke) {
      const fitted = floors.filter((floor) => Number.isFinite(floor.fit_bytes));
      if (fitted.length > 1) {
        context.beginPath();
        fitted.forEach((floor) => context.lineTo(at.x(floor.t_s), at.y(floor.high_bytes)));
        [...fitted].reverse()
          .forEach((floor) => context.lineTo(at.x(floor.t_s), at.y(floor.low_bytes)));
        context.closePath();
        context.fillStyle = color("band");
        context.fill();
        context.strokeStyle = color("fit");
        context.lineWidth = 1.5;
        context.setLineDash([6, 3]);
        context.beginPath();
        fitted.forEach((floor) => context.lineTo(at.x(floor.t_s), at.y(floor.fit_bytes)));
        context.stroke();
        context.setLineDash([]);
      }
      context.strokeStyle = stroke;
      context.lineWidth = 2;
      context.beginPath();
      floors.forEach((floor, i) => {
        const next = floors[i + 1];
        const same = next && next.start === floor.start;
        const before = i > 0 && floors[i - 1].start === floor.start;
        const x = at.x(floor.t_s);
        const y = at.y(floor.bytes);
        if (before)
          context.lineTo(x, y);
        else
          context.moveTo(x, y);
        context.lineTo(same ? at.x(next.t_s) : x + 8, y);
      });
      context.stroke();
      for (const floor of floors) {
        context.beginPath();
        context.arc(at.x(floor.t_s), at.y(floor.bytes), 3, 0, 2 * Math.PI);
        context.fillStyle = floor.judged ? stroke : color("paper");
        context.lineWidth = 1.5;
        context.fill();
        context.stroke();
      }
    },

    /* A line for each mark, and with `signs` its sign: of kills at the top, of others at the foot,
     * for a start often comes right after. */
    marks(context, at, marks, signs) {
      const {area} = at;
      for (const mark of marks) {
        if (!inSight(at, mark.t_s, mark.t_s))
          continue;
        const look = leakcage.underlay.markLook(mark.kind);
        const x = Math.round(at.x(mark.t_s)) + 0.5;
        context.strokeStyle = color(look.color);
        context.lineWidth = 1;
        context.setLineDash(look.dash);
        context.beginPath();
        context.moveTo(x, area.y);
        context.lineTo(x, area.y + area.h);
        context.stroke();
        context.setLineDash([]);
        if (signs)
          leakcage.underlay.sign(context, look, leakcage.clamp(x, area.x + 5, area.x + area.w - 5),
                                 look.shape === "cross" ? area.y + 28 : area.y + area.h - 9);
      }
    },

    /* How a kind of mark looks: colour, dashes of its line, shape of its sign. */
    markLook(kind) {
      if (kind.includes("kill"))
        return {color: "bad", dash: [], shape: "cross"};
      if (kind === "start")
        return {color: "good", dash: [1, 3], shape: "up"};
      if (kind === "exit")
        return {color: "soft", dash: [4, 3], shape: "down"};
      return {color: "warn", dash: [2, 2], shape: "diamond"};
    },

    sign(context, look, x, y) {
      const size = 5;
      const outlines = {
        cross: [[-1, -1], [1, 1], null, [1, -1], [-1, 1]],
        up: [[-1, 1], [0, -1], [1, 1], [-1, 1]],
        down: [[-1, -1], [0, 1], [1, -1], [-1, -1]],
        diamond: [[0, -1], [1, 0], [0, 1], [-1, 0], [0, -1]],
      };
      const line = (width, stroke) => {
        context.strokeStyle = stroke;
        context.lineWidth = width;
        context.beginPath();
        let pen = false;
        for (const point of outlines[look.shape]) {
          if (point === null) {
            pen = false;
            continue;
          }
          context[pen ? "lineTo" : "moveTo"](x + point[0] * size, y + point[1] * size);
          pen = true;
        }
        if (look.shape !== "cross") {
          context.fillStyle = stroke;
          context.fill();
        }
        context.stroke();
      };
      line(5, color("paper"));
      line(2, color(look.color));
    },
  };
}
