"use strict";
// What a reader sees of a page, measured in it: contrast, what sticks out, what a canvas shows.
const assert = require("node:assert/strict");

// Texts whose contrast with what is behind them is below what WCAG 2 asks for (AA: 4.5, of large
// text 3). Only what is visible counts; what is drawn on a canvas has no CSS and is not seen here.
function lowContrast(page) {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    const context = canvas.getContext("2d", { willReadFrequently: true });

    // Any CSS colour as [red, green, blue, alpha], drawn over what is there; each once.
    const known = new Map();
    function over(below, colour) {
      const key = `${below} ${colour}`;
      if (!known.has(key))
        known.set(key, paintOver(below, colour));
      return known.get(key);
    }

    function paintOver(below, colour) {
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

    const backgrounds = new Map();
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    function background(element) {
      if (!element)
        return isDark ? [18, 18, 18] : [255, 255, 255];
      if (!backgrounds.has(element)) {
        const own = getComputedStyle(element).backgroundColor;
        backgrounds.set(element, over(background(element.parentElement), own));
      }
      return backgrounds.get(element);
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

// What the canvases below `selector` show: how many pixels are not empty, the colours of at least
// 20 of them, and how much of each colour is where (for isOther()). They are copied first: Chromium
// draws a canvas in another way once it has been read.
function drawn(page, selector) {
  return page.evaluate((where) => {
    const side = 16; /* of a cell, in pixels */
    let painted = 0;
    const cells = {};
    const colours = new Map();
    const canvases = [...document.querySelectorAll(where + " canvas")]
      .filter((canvas) => canvas.width && canvas.height);
    canvases.forEach((canvas, number) => {
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const context = copy.getContext("2d", { willReadFrequently: true });
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] === 0)
          continue;
        const x = at / 4 % copy.width;
        const y = Math.floor(at / 4 / copy.width);
        const cell = `${number}.${Math.floor(x / side)}.${Math.floor(y / side)}`;
        cells[cell] = (cells[cell] || 0) + (data[at] + data[at + 1] + data[at + 2]) / 765;
        painted++;
        const colour = data[at] << 16 | data[at + 1] << 8 | data[at + 2];
        if (data[at + 3] === 255)
          colours.set(colour, (colours.get(colour) || 0) + 1);
      }
    });
    const often = [...colours].filter(([, count]) => count >= 20).map(([colour]) => colour);
    return { painted, cells, colours: often };
  }, selector);
}

// Do two pictures show something else? A line that is drawn again may differ a little in its
// edges; one that has come, gone or moved changes the sum of a cell by several pixels.
function isOther(one, other) {
  const names = new Set([...Object.keys(one.cells), ...Object.keys(other.cells)]);
  const differ = [...names].filter((name) =>
    Math.abs((one.cells[name] || 0) - (other.cells[name] || 0)) > 4);
  return differ.length > 5;
}

// Look until the picture is another than this one, or (`isSame`) as it was: it is drawn soon, not
// at once. Returns the last one seen.
async function redrawn(page, selector, before, { isSame = false } = {}) {
  const deadline = Date.now() + 10 * 1000;
  let now;
  do {
    now = await drawn(page, selector);
  } while (isOther(before, now) === isSame && Date.now() < deadline);
  assert.equal(isOther(before, now), !isSame,
    `${selector} ${isSame ? "is not drawn as before" : "shows nothing else"}`);
  return now;
}

module.exports = { drawn, lowContrast, redrawn, stickingOut };
