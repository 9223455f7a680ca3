"use strict";
/* What a reader does with pointer, wheel and keys on a chart, as calls: the panels know nothing of
 * events.
 *
 * Drag: zoom to what was selected. Shift and drag, or a finger: move along. Two fingers, or the
 * wheel with Ctrl: zoom about that place; the wheel alone scrolls the page. Double click: all. */
{
  const dragMin = 5; /* pixels: less is a click */

  /* The time at an event's place. */
  const timeAt = (panel, event) =>
    panel.graph.toDataXCoord(event.clientX - panel.glass.getBoundingClientRect().left);

  const begin = (panel, view, pointers, event) => {
    pointers.set(event.pointerId, event);
    const {range, zoomed} = view.get();
    if (pointers.size === 2)
      return {kind: "pinch", range, ...pinchOf(panel, pointers)};
    if (event.pointerType === "touch" && !zoomed)
      return {kind: "scrub"};
    if (event.shiftKey || event.pointerType === "touch")
      return {kind: "pan", range, x: event.clientX};
    return {kind: "select", t: timeAt(panel, event), x: event.clientX};
  };

  const pinchOf = (panel, pointers) => {
    const [a, b] = [...pointers.values()];
    const left = panel.glass.getBoundingClientRect().left;
    return {apart: Math.max(Math.abs(a.clientX - b.clientX), 10),
            middle: (a.clientX + b.clientX) / 2 - left};
  };

  const move = (panel, view, pointers, drag, event) => {
    const area = panel.graph.getArea();
    if (drag.kind === "select") {
      if (Math.abs(event.clientX - drag.x) >= dragMin)
        view.select(drag.t, timeAt(panel, event));
    } else if (drag.kind === "scrub") {
      view.moveTo(timeAt(panel, event));
    } else if (drag.kind === "pan") {
      const [from, to] = drag.range;
      const by = (drag.x - event.clientX) / area.w * (to - from);
      view.zoom([from + by, to + by], true);
    } else if (drag.kind === "pinch" && pointers.size === 2) {
      const now = pinchOf(panel, pointers);
      const [from, to] = drag.range;
      const share = (drag.middle - area.x) / area.w;
      const span = (to - from) * drag.apart / now.apart;
      const center = from + share * (to - from);
      const at = (now.middle - area.x) / area.w;
      view.zoom([center - at * span, center + (1 - at) * span]);
    }
  };

  const end = (panel, view, drag, event) => {
    const to = timeAt(panel, event);
    if (drag.kind === "scrub")
      view.moveTo(to);
    if (drag.kind !== "select")
      return;
    view.select(null);
    if (Math.abs(event.clientX - drag.x) >= dragMin)
      view.zoom([Math.min(drag.t, to), Math.max(drag.t, to)]);
    else
      view.moveTo(to);
  };

  const pointer = (panel, view) => {
    const {glass} = panel;
    const pointers = new Map();
    let drag = null;
    glass.addEventListener("pointerdown", (event) => {
      if (event.button !== 0)
        return;
      glass.setPointerCapture(event.pointerId);
      drag = begin(panel, view, pointers, event);
    });
    glass.addEventListener("pointermove", (event) => {
      if (pointers.has(event.pointerId))
        pointers.set(event.pointerId, event);
      if (drag)
        move(panel, view, pointers, drag, event);
      else if (event.pointerType !== "touch")
        view.moveTo(timeAt(panel, event));
    });
    const over = (event) => {
      pointers.delete(event.pointerId);
      if (drag && event.type === "pointerup")
        end(panel, view, drag, event);
      if (drag && event.type === "pointercancel")
        view.select(null);
      drag = null;
    };
    glass.addEventListener("pointerup", over);
    glass.addEventListener("pointercancel", over);
    glass.addEventListener("pointerleave", () => drag || view.leave());
    glass.addEventListener("dblclick", () => view.reset());
  };

  const wheel = (panel, view) => {
    panel.glass.addEventListener("wheel", (event) => {
      const [from, to] = view.get().range;
      const sideways = event.deltaX !== 0 || event.shiftKey;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const turned = leakcage.clamp(event.deltaY, -100, 100);
        view.zoomAbout(timeAt(panel, event), Math.exp(turned / 300));
      } else if (sideways && view.get().zoomed) {
        event.preventDefault();
        const by = (event.deltaX || event.deltaY) / panel.graph.getArea().w * (to - from);
        view.zoom([from + by, to + by], true);
      }
    }, {passive: false});
  };

  const keys = (panel, view) => {
    panel.glass.addEventListener("keydown", (event) => {
      const steps = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (steps && !event.altKey && !event.ctrlKey && !event.metaKey)
        view.step(panel, steps * (event.shiftKey ? 10 : 1));
      else if (event.key === "Home" || event.key === "End")
        view.step(panel, event.key === "Home" ? -Infinity : Infinity);
      else
        return;
      event.preventDefault();
    });
  };

  /* `view`: get() → {range, zoomed}, zoom(range, keepSpan), zoomAbout(t, factor), reset(),
   * select(from, to), moveTo(t), leave(), step(panel, count). */
  leakcage.gestures = (panel, view) => {
    pointer(panel, view);
    wheel(panel, view);
    keys(panel, view);
  };
}
