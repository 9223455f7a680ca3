"use strict";
// What a reader does with charts: zoom, toggle, look up a value; by mouse and by keyboard.
const assert = require("node:assert/strict");
const { after, before, beforeEach, test } = require("node:test");
const { launch, open, recorded, report, screenshot } = require("./browser.js");
const { drawn, redrawn } = require("./look.js");

const MEMORY = ".panel[data-panel=memory]";
let browser;
let watched;
let page;
before(async () => {
  browser = await launch();
  watched = await open(browser, report("charts", recorded("unclosed-body")));
  page = watched.page;
});
after(async () => { await browser?.close(); });
beforeEach(async () => {
  await page.mouse.move(0, 0);
  if ((await state()).zoomed)
    await page.locator(`${MEMORY} button.reset-zoom`).click();
});

const state = () => page.evaluate(() => leakcage.state());
const range = async () => (await state()).range;
const span = ([from, to]) => to - from;
const inside = (small, large) => small[0] >= large[0] && small[1] <= large[1];

// Until what is shown is another range than this.
async function otherThan(before) {
  await page.waitForFunction(([from, to]) => {
    const now = leakcage.state().range;
    return now[0] !== from || now[1] !== to;
  }, before);
  return range();
}

// A place in the plot, as shares of the chart.
async function place(x, y) {
  const box = await page.locator(`${MEMORY} .chart`).boundingBox();
  return [box.x + x * box.width, box.y + y * box.height];
}

async function drag(from, to) {
  await page.mouse.move(...await place(from, 0.5));
  await page.mouse.down();
  await page.mouse.move(...await place((from + to) / 2, 0.5));
  await page.mouse.move(...await place(to, 0.5));
  await page.mouse.up();
}

test("dragging zooms into what was selected, in all charts", async () => {
  const all = await range();
  const before = await drawn(page, ".panel[data-panel=latency] .chart");
  await drag(0.4, 0.6);
  const zoomed = await otherThan(all);
  const share = span(zoomed) / span(all);
  assert.ok(share > 0.15 && share < 0.3, `a fifth was selected, ${share} is shown`);
  const middle = (zoomed[0] + zoomed[1]) / 2 / all[1];
  assert.ok(middle > 0.4 && middle < 0.55, `the middle is at ${middle}`);
  await redrawn(page, ".panel[data-panel=latency] .chart", before); // the others follow
  await screenshot(page, "charts-zoomed");
  // A drag to the left selects as well.
  await drag(0.8, 0.3);
  const deeper = await otherThan(zoomed);
  assert.ok(inside(deeper, zoomed) && span(deeper) < span(zoomed), `${deeper} in ${zoomed}`);
  await page.locator(`${MEMORY} button.reset-zoom`).click();
  assert.deepEqual(await otherThan(deeper), all, "the button shows all again");
});

test("a double click shows all again", async () => {
  const all = await range();
  await drag(0.3, 0.5);
  const zoomed = await otherThan(all);
  await page.mouse.dblclick(...await place(0.5, 0.5));
  assert.deepEqual(await otherThan(zoomed), all);
});

test("the wheel zooms about its place, and out again; without Ctrl it scrolls", async () => {
  const all = await range();
  await page.mouse.move(...await place(0.5, 0.5));
  await page.mouse.wheel(0, 120);
  await page.waitForFunction(() => scrollY > 0);
  assert.deepEqual(await range(), all, "a page can be scrolled where a chart is");
  await page.evaluate(() => scrollTo(0, 0));
  await page.mouse.move(...await place(0.3, 0.5));
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -300);
  const zoomed = await otherThan(all);
  assert.ok(inside(zoomed, all) && span(zoomed) < 0.9 * span(all), `${zoomed}`);
  assert.ok(zoomed[0] - all[0] < all[1] - zoomed[1], "about the pointer, which is at the left");
  await page.mouse.wheel(0, 300);
  assert.ok(span(await otherThan(zoomed)) > span(zoomed), "and out");
  await page.keyboard.up("Control");
});

test("keys move the cursor, zoom and show all again", async () => {
  const all = await range();
  await page.locator(`${MEMORY} .chart [tabindex="0"]`).focus();
  const readout = page.locator(`${MEMORY} .readout`);
  assert.equal(await readout.innerText(), "");
  await page.keyboard.press("ArrowRight");
  await readout.filter({ hasText: "memory.current" }).waitFor();
  const first = await readout.innerText();
  await page.keyboard.press("Shift+ArrowRight");
  await page.waitForFunction(([selector, was]) =>
    document.querySelector(selector).innerText !== was, [`${MEMORY} .readout`, first]);
  await page.keyboard.press("+");
  const zoomed = await otherThan(all);
  assert.ok(inside(zoomed, all) && span(zoomed) < span(all));
  await page.keyboard.press("-");
  const out = await otherThan(zoomed);
  assert.ok(span(out) > span(zoomed));
  await page.keyboard.press("+");
  const again = await otherThan(out);
  await page.keyboard.press("Escape");
  assert.deepEqual(await otherThan(again), all);
});

test("hovering reads out what was then", async () => {
  await page.mouse.move(...await place(0.7, 0.5));
  const readout = page.locator(`${MEMORY} .readout`);
  await readout.filter({ hasText: "memory.current" }).waitFor();
  const text = await readout.innerText();
  assert.match(text, /memory\.current\s+\d[\d.]* MiB/);
  assert.match(text, /\d s/);
  const value = Number(text.match(/memory\.current\s+([\d.]+) MiB/)[1]);
  assert.ok(value > 15 && value < 26, `${value} MiB at seven tenths`);
  assert.match(await page.locator(".panel[data-panel=latency] .readout").innerText(), /ms/,
    "in all charts");
  await screenshot(page, "charts-hover");
});

test("a series can be taken away and put back, and the picture changes", async () => {
  const box = page.locator(`${MEMORY} .legend input[data-series=current_bytes]`);
  const before = await drawn(page, `${MEMORY} .chart`);
  assert.ok((await state()).visible.memory.includes("current_bytes"));
  await box.uncheck();
  const without = await redrawn(page, `${MEMORY} .chart`, before);
  assert.ok(!(await state()).visible.memory.includes("current_bytes"));
  assert.ok(without.painted < before.painted, `${without.painted} of ${before.painted} pixels`);
  await page.mouse.move(...await place(0.7, 0.5));
  const readout = page.locator(`${MEMORY} .readout`);
  await readout.filter({ hasText: "anon" }).waitFor();
  assert.doesNotMatch(await readout.innerText(), /memory\.current/, "nor is it read out");
  await box.check();
  await page.mouse.move(0, 0);
  await redrawn(page, `${MEMORY} .chart`, before, { isSame: true });
});

test("each series by itself is a line", async () => {
  const boxes = page.locator(`${MEMORY} .legend input`);
  const keys = await boxes.evaluateAll((all) => all.map((one) => one.dataset.series));
  const box = (key) => page.locator(`${MEMORY} .legend input[data-series=${key}]`);
  // What is 0 from begin to end lies on the axis.
  const flat = await page.evaluate(() =>
    JSON.parse(document.getElementById("leakcage-view").textContent).runs[0].series
      .filter((one) => one.v.every((value) => !value)).map((one) => one.key));
  assert.ok(keys.length >= 8 && flat.length < keys.length - 5, `${keys}; 0: ${flat}`);
  const before = await drawn(page, `${MEMORY} .chart`);
  for (const key of keys)
    await box(key).uncheck();
  const none = await redrawn(page, `${MEMORY} .chart`, before);
  for (const key of keys.filter((one) => !flat.includes(one))) {
    await box(key).check();
    assert.deepEqual((await state()).visible.memory, [key]);
    await redrawn(page, `${MEMORY} .chart`, none);
    await box(key).uncheck();
    await redrawn(page, `${MEMORY} .chart`, none, { isSame: true });
  }
});

test("nothing was loaded or complained about meanwhile", () => watched.expectQuiet());
