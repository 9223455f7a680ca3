"use strict";
/* One panel: a chart over time with its legend and its readout. It draws what it is given
 * (panels.js decides), and tells of what its reader does. */
{
  const {el, theme, units} = leakcage;
  const minimumTop = {bytes: 1024, share: 0.01, s: 1e-6, count: 1};

  let font = 0;
  const fontSize = () => {
    font = font || parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.75;
    return font;
  };

  /* The second axis: names of its ticks inside the chart, on the right. */
  const drawSecondAxis = (context, area, panel) => {
    const right = panel.shown.find((one) => one.right);
    if (!right)
      return;
    const range = panel.graph.yAxisRange(1);
    context.font = `${fontSize()}px system-ui, sans-serif`;
    context.textAlign = "right";
    context.textBaseline = "bottom";
    context.fillStyle = theme.series(right.look[0]);
    for (const tick of leakcage.ticks.amount(right.unit, range[0], range[1], area.h)) {
      const y = panel.graph.toDomYCoord(tick.v, 1) - 1;
      if (tick.v > range[0] && y > area.y + fontSize())
        context.fillText(tick.label, area.x + area.w - 4, y);
    }
  };

  class Panel {
    /* `definition`: {name, title, unit, tall}; `hooks`: toggle(panel, key, on). */
    constructor(definition, hooks) {
      Object.assign(this, definition);
      this.hooks = hooks;
      this.shown = []; /* what is drawn: {label, name, unit, t, v, look, width, points, right} */
      this.background = {phases: [], marks: [], floors: [], limits: []};
      this.legend = el("div", {class: "legend", role: "group",
                               "aria-label": `${this.title}: lines`});
      this.readout = el("p", {class: "readout", "aria-live": "off"});
      this.chart = el("div", {class: this.tall ? "chart tall" : "chart"});
      this.canvas = el("div", {class: "canvas"});
      this.cursor = el("div", {class: "cursor", hidden: true});
      this.selection = el("div", {class: "selection", hidden: true});
      this.dots = el("div", {class: "dots", "aria-hidden": "true"});
      this.glass = el("div", {
        class: "glass", tabindex: 0, role: "img",
        "aria-label": `${this.title} over time. Arrow keys move the cursor, + and - zoom, ` +
          "Escape shows all, ? tells more.",
        /* Of one chart what the cursor is at is said, and only to those who go by keys. */
        onfocus: () => this.readout.setAttribute("aria-live", "polite"),
        onblur: () => this.readout.setAttribute("aria-live", "off"),
      });
      this.chart.append(this.canvas, this.cursor, this.selection, this.dots, this.glass);
      this.tools = el("span", {class: "tools"});
      this.runs = el("p", {class: "run-names"});
      this.element = el("section", {class: "panel", "data-panel": this.name},
                        el("div", {class: "head"}, el("h3", {}, this.title), this.legend,
                           this.tools),
                        this.runs, this.chart, this.readout);
    }

    /* Whose colour is whose, where there are several runs. */
    setRuns(indexes) {
      this.runs.replaceChildren(...indexes.map((index) => el("span", {},
        el("span", {class: "chip", style: `background:${leakcage.model.runColor(index)}`}),
        leakcage.model.name(leakcage.model.runs()[index]))));
    }

    /* Boxes for the lines that there are: [{key, name, look, on}], colours only of one run. */
    setLegend(entries, colored) {
      const focused = this.legend.contains(document.activeElement)
        ? document.activeElement.dataset.series : null;
      this.legend.replaceChildren(...entries.map((entry) => {
        const stroke = colored ? `var(--series-${entry.look[0] % 8})` : "currentColor";
        const line = leakcage.svg("line", {
          x1: 0, y1: 5, x2: 26, y2: 5, style: `stroke:${entry.stroke || stroke}`,
          "stroke-dasharray": (theme.dash(entry.look[1]) || []).join(" "),
        });
        const dot = entry.points &&
          leakcage.svg("circle", {cx: 13, cy: 5, r: 3.5, style: `fill:${stroke}`});
        return el("label", {}, el("input", {
          type: "checkbox", "data-series": entry.key, checked: entry.on,
          onchange: (event) => this.hooks.toggle(this, entry.key, event.target.checked),
        }), leakcage.svg("svg", {class: "swatch", viewBox: "0 0 26 10", "aria-hidden": "true"},
                         line, dot || null), entry.name);
      }));
      /* Whoever toggles by keyboard stays there. */
      for (const box of this.legend.querySelectorAll("input"))
        if (box.dataset.series === focused)
          box.focus({preventScroll: true});
    }

    /* Draw these lines, over this background. Rows are only made anew for other lines, or where
     * some have grown. */
    setSeries(shown, background) {
      const drawn = shown.map((one) => `${one.label}=${one.t.length}`).join();
      this.stale = this.stale || drawn !== this.drawn;
      this.drawn = drawn;
      this.shown = shown;
      this.background = background;
    }

    mapping() {
      const {graph} = this;
      const [from, to] = graph.xAxisRange();
      return {x: (t) => graph.toDomXCoord(t), y: (v) => graph.toDomYCoord(v, 0),
              area: graph.getArea(), from, to};
    }

    drawBelow(context) {
      const at = this.mapping();
      context.save();
      leakcage.underlay.phases(context, at, this.background.phases, this.tall, fontSize());
      for (const bytes of this.background.limits)
        leakcage.underlay.limit(context, at, bytes, fontSize());
      context.restore();
    }

    drawAbove(context) {
      const at = this.mapping();
      context.save();
      drawSecondAxis(context, at.area, this);
      context.beginPath();
      context.rect(at.area.x, at.area.y, at.area.w, at.area.h);
      context.clip();
      for (const {list, color} of this.background.floors)
        leakcage.underlay.floors(context, at, list, color || theme.color("text"));
      leakcage.underlay.marks(context, at, this.background.marks, this.tall);
      context.restore();
    }

    /* From what to what the axis goes, for the time in sight. */
    valueRange(range, right) {
      const lines = this.shown.filter((one) => Boolean(one.right) === right);
      const extent = leakcage.extent(lines, ...range) || [0, 0];
      const floors = right ? [] : this.background.floors.flatMap((one) => one.list)
        .filter((floor) => floor.t_s >= range[0] && floor.t_s <= range[1])
        .map((floor) => floor.bytes);
      const low = Math.min(extent[0], ...floors);
      let high = Math.max(extent[1], ...floors);
      if (this.fit && high > low)
        return [low - (high - low) * 0.05, high + (high - low) * 0.12];
      /* A limit far above would press what there is to see flat. */
      for (const limit of this.background.limits)
        if (limit < high * 3 || this.limitForced)
          high = Math.max(high, limit);
      high = Math.max(high, minimumTop[this.unit] || 1e-9);
      /* A line at 0 is to be seen. */
      const [below, above] = this.tall ? [0.012, 1.1] : [0.04, 1.15];
      return [Math.min(low, -below * high), high * above];
    }

    labels() {
      return this.shown.length ? this.shown.map((one) => one.label) : ["(none)"];
    }

    seriesOptions() {
      const options = {};
      for (const one of this.shown)
        options[one.label] = {
          color: one.color || theme.series(one.look[0]), strokePattern: theme.dash(one.look[1]),
          strokeWidth: one.width, drawPoints: one.points, pointSize: 2.5,
          axis: one.right ? "y2" : "y",
        };
      return options;
    }

    options(range) {
      const font = fontSize();
      const bottom = this.valueRange(range, false);
      const second = this.shown.some((one) => one.right) ? this.valueRange(range, true) : [0, 1];
      const ticks = (index) => (a, b, pixels) =>
        index === 0 ? leakcage.ticks.amount(this.unit, a, b, pixels, font * 2.6) : [];
      return {
        labels: ["seconds", ...this.labels()],
        series: this.seriesOptions(),
        dateWindow: range,
        xAxisHeight: this.timeAxis ? font * 1.7 : 4,
        axisLabelFontSize: font,
        gridLineColor: theme.color("line"), axisLineColor: theme.color("line"),
        axes: {
          x: {ticker: (a, b, pixels) => leakcage.ticks.time(a, b, pixels).map((tick) =>
                this.timeAxis ? tick : {v: tick.v, label: ""}),
              axisLabelWidth: font * 5},
          y: {ticker: ticks(0), axisLabelWidth: font * 5.4, valueRange: bottom},
          y2: {ticker: ticks(1), axisLabelWidth: 0, drawAxis: false, drawGrid: false,
               valueRange: second, independentTicks: false},
        },
      };
    }

    /* Draw, with the range in sight. */
    draw(range) {
      const data = {};
      if (this.stale || !this.graph || leakcage.rows.areMany(this.shown))
        data.file = leakcage.rows.of(this.shown, ...range, this.chart.clientWidth || 1000);
      if (data.file && data.file.length === 0)
        data.file = [[range[0], ...this.labels().map(() => null)]];
      this.stale = false;
      if (this.graph) {
        this.graph.updateOptions({...this.options(range), ...data});
        return;
      }
      this.graph = new Dygraph(this.canvas, data.file, {
        ...this.options(range),
        legend: "never", showLabelsOnHighlight: false, highlightCircleSize: 0,
        interactionModel: {}, connectSeparatedPoints: true, rightGap: 12, yRangePad: 0,
        /* The first time it draws while it is being made. */
        underlayCallback: (context, area, graph) => {
          this.graph = graph;
          this.drawBelow(context);
        },
        plugins: [{activate: () => ({
          didDrawChart: (event) => this.drawAbove(event.drawingContext),
        })}],
      });
    }

    /* The size of its place has changed. */
    resize(ratio) {
      if (!this.graph)
        return;
      this.graph.updateOptions({pixelRatio: ratio || null}, true);
      this.graph.resize();
    }
  }

  leakcage.Panel = Panel;
  leakcage.fontSize = fontSize;
}
