"use strict";
// What a reader sees of a page, measured in it: contrast, what sticks out, what a canvas shows.

// Texts whose contrast with what is behind them is below what WCAG 2 asks for (AA: 4.5, of large
// text 3). Only what is visible counts; what is drawn on a canvas has no CSS and is not seen here.
function lowContrast(page) {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    const context = canvas.getContext("2d", { willReadFrequently: true });

    // Any CSS colour as [red, green, blue, alpha], drawn over what is there.
    function over(below, colour) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = `rgb(${below[0]} ${below[1]} ${below[2]})`;
      context.fillRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data];
    }

    function luminance(colour) {
      const linear = colour.slice(0, 3).map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    }

    function contrast(one, other) {
      const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
    }

    function background(element) {
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      const chain = [];
      for (let at = element; at; at = at.parentElement)
        chain.unshift(getComputedStyle(at).backgroundColor);
      return chain.reduce(over, dark ? [18, 18, 18] : [255, 255, 255]);
    }

    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || ["SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName))
        continue;
      if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
        continue;
      const style = getComputedStyle(element);
      const behind = background(element);
      const colour = element instanceof SVGElement ? style.fill : style.color;
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const ratio = contrast(over(behind, colour), behind);
      if (ratio < (large ? 3 : 4.5) && !element.closest("[disabled],[aria-disabled=true]"))
        found.push(`${ratio.toFixed(2)}: ${element.tagName.toLowerCase()}.${element.className} `
          + `"${node.data.trim().slice(0, 40)}" ${colour} on ${behind.slice(0, 3)}`);
    }
    return found;
  });
}

// How far the page can be scrolled to the side, and what sticks out of it.
function stickingOut(page) {
  return page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth)
      return [];
    const wide = [...document.querySelectorAll("body *")]
      .filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1)
      .map((one) => `${one.tagName.toLowerCase()}#${one.id}.${one.className}`);
    return [`${root.scrollWidth} > ${root.clientWidth}`, ...wide.slice(0, 10)];
  });
}

// What the canvases below `selector` show: pixels that are not empty, their colours (those of at
// least `least` pixels), and a number that another picture hardly has.
function drawn(page, selector, least = 20) {
  return page.evaluate(([where, few]) => {
    let painted = 0;
    let hash = 0;
    const colours = new Map();
    for (const canvas of document.querySelectorAll(where + " canvas")) {
      if (!canvas.width || !canvas.height)
        continue;
      const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] === 0)
          continue;
        painted++;
        const colour = data[at] << 16 | data[at + 1] << 8 | data[at + 2];
        hash = (Math.imul(hash, 31) + colour + at) | 0;
        if (data[at + 3] === 255)
          colours.set(colour, (colours.get(colour) || 0) + 1);
      }
    }
    const often = [...colours].filter(([, count]) => count >= few).map(([colour]) => colour);
    return { painted, hash, colours: often };
  }, [selector, least]);
}

module.exports = { drawn, lowContrast, stickingOut };
