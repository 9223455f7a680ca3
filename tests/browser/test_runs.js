"use strict";
// Several results in one report: a table that sorts, charts that overlay them.
const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { launch, open, recorded, report, screenshot } = require("./browser.js");
const { drawn, lowContrast, redrawn } = require("./look.js");

const NAMES = ["unclosed-body", "unclosed-body.fixed", "concurrency-spike", "lazy-release", "clean",
  "oom-restart"];
let browser;
let watched;
let page;
before(async () => {
  browser = await launch();
  watched = await open(browser, report("runs", ...NAMES.map(recorded)));
  page = watched.page;
});
after(async () => { await browser?.close(); });

const heading = (index) => page.locator("#runs thead th").nth(index);

// What stands in a column, from top to bottom.
const column = (index) => page.evaluate((at) =>
  [...document.querySelectorAll("#runs tbody tr")].map((row) => row.cells[at].innerText.trim()),
index);

// "26.5 MiB", "54 ms", "1,846", "41.7 KiB": so much; of words, NaN.
function amount(text) {
  const scales = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, us: 1e-6, "µs": 1e-6, ms: 1e-3,
    ns: 1e-9, min: 60, k: 1e3, M: 1e6 };
  const found = text.replace(/[,+]/g, "").replace("−", "-")
    .match(/^(-?[\d.]+) ?(KiB|MiB|GiB|us|µs|ms|ns|min|k|M)?/);
  return found ? Number(found[1]) * (scales[found[2]] || 1) : NaN;
}

// Is the column in this order? What is not known comes last, whichever way.
function expectOrder(cells, direction, name) {
  const known = cells.filter((text) => !["–", "-", ""].includes(text));
  assert.deepEqual(cells.slice(0, known.length), known, `${name}: what is not known is last`);
  const numbers = known.map(amount);
  const isNumber = numbers.every((number) => !Number.isNaN(number));
  const sign = direction === "ascending" ? 1 : -1;
  for (let i = 1; i < known.length; i++) {
    const ordered = isNumber ? numbers[i] - numbers[i - 1]
      : known[i].localeCompare(known[i - 1], "en", { numeric: true });
    assert.ok(ordered * sign >= 0, `${name}, ${direction}: ${known.join(" | ")}`);
  }
}

test("every column sorts both ways, and says so", async () => {
  const count = await page.locator("#runs thead th").count();
  let changed = 0;
  for (let index = 0; index < count; index++) {
    const button = heading(index).locator("button");
    if (await button.count() === 0)
      continue;
    const name = await heading(index).innerText();
    for (const direction of ["ascending", "descending"]) {
      const before = await column(0);
      await button.click();
      assert.equal(await heading(index).getAttribute("aria-sort"), direction);
      assert.equal((await page.evaluate(() => leakcage.state())).sort.direction, direction);
      const cells = await column(index);
      assert.equal(cells.length, NAMES.length);
      expectOrder(cells, direction, name);
      changed += before.join() !== (await column(0)).join() || new Set(cells).size > 1;
    }
    const sorted = await page.locator("#runs th[aria-sort=ascending], "
      + "#runs th[aria-sort=descending]").count();
    assert.equal(sorted, 1, "by one column at a time");
  }
  assert.ok(count >= 10 && changed >= 16, `${count} columns, ${changed} orders`);
});

test("sorting by the name is by the name", async () => {
  const button = page.locator("#runs th[data-column=id] button");
  const place = await page.locator("#runs th[data-column=id]").evaluate((one) => one.cellIndex);
  await button.click();
  assert.deepEqual(await column(place), [...NAMES].sort());
  await button.click();
  assert.deepEqual(await column(place), [...NAMES].sort().reverse());
});

test("all runs are drawn, each can be taken away, one is on top", async () => {
  const before = await drawn(page, ".panel[data-panel=memory] .chart");
  assert.ok(before.colours.length >= NAMES.length, "a colour for each");
  const row = page.locator("#runs tbody tr", { hasText: "oom-restart" });
  await row.locator("input[type=checkbox]").uncheck();
  await redrawn(page, ".panel[data-panel=memory] .chart", before); // its line is gone
  await row.locator("input[type=checkbox]").check();
  await row.getByRole("button").click();
  assert.match(await page.locator("#verdict").innerText(), /LEAK|PRESSURE/);
  assert.equal(await row.getAttribute("aria-selected"), "true");
  await page.locator("#runs tbody tr", { hasText: "lazy-release" }).getByRole("button").click();
  assert.match(await page.locator("#verdict").innerText(), /LAZY RELEASE/);
});

test("it can be read, in the light and in the dark", async () => {
  assert.deepEqual(await lowContrast(page), []);
  await screenshot(page, "runs", { fullPage: true });
  await page.emulateMedia({ colorScheme: "dark" });
  assert.deepEqual(await lowContrast(page), []);
  await screenshot(page, "runs-dark", { fullPage: true });
  watched.expectQuiet();
});
