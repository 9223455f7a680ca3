"use strict";
/* The page's scripts: each file adds to `leakcage` what the later ones use. Text from outside is
 * only ever given to the document as text. */
window.leakcage = {};
{
  const fill = (node, attributes, children) => {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false)
        continue;
      if (name.startsWith("on"))
        node.addEventListener(name.slice(2), value);
      else
        node.setAttribute(name, value === true ? "" : String(value));
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  };

  /* An element: el("p", {class: "soft", onclick: f}, "text", another). Absent children are left
   * out; strings become text. */
  leakcage.el = (name, attributes, ...children) =>
    fill(document.createElement(name), attributes, children);
  leakcage.svg = (name, attributes, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

  leakcage.clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  /* The first index of the rising `sorted` whose value is not below x; its length if all are. */
  leakcage.lowerBound = (sorted, x) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < x)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  };

  /* The index of the value nearest to x; -1 of nothing. */
  leakcage.nearest = (sorted, x) => {
    const after = leakcage.lowerBound(sorted, x);
    if (after > 0 && (after === sorted.length || x - sorted[after - 1] <= sorted[after] - x))
      return after - 1;
    return after < sorted.length ? after : -1;
  };

  /* Call it as often as you like: `work` is done once before the next picture. */
  leakcage.once = (work) => {
    let asked = false;
    return () => {
      if (asked)
        return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        work();
      });
    };
  };
}
