"use strict";
// A report without a mouse: Tab reaches every control in the order of the page, one sees where one
// is, and what is pressed stays where one was.
const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { launch, open, recorded, report } = require("./browser.js");

let browser;
let watched;
let page;
before(async () => {
  browser = await launch();
  watched = await open(browser,
    report("keyboard", recorded("unclosed-body"), recorded("unclosed-body.fixed")));
  page = watched.page;
});
after(async () => { await browser?.close(); });

const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex='0']";

test("Tab reaches every control once, in the order of the page, and one sees it", async () => {
  // Every control gets a number; what cannot be seen or used need not be reached.
  const wanted = await page.evaluate((selector) => {
    const usable = [...document.querySelectorAll(selector)].filter((one) =>
      one.checkVisibility() && !one.disabled && one.tabIndex >= 0);
    usable.forEach((one, number) => { one.dataset.testNumber = number; });
    return usable.map((one) => `${one.tagName} ${one.getAttribute("aria-label") || one.innerText
      || one.dataset.series || one.type}`.slice(0, 60));
  }, CONTROLS);
  assert.ok(wanted.length > 40, `${wanted.length} controls`);
  const reached = [];
  for (let i = 0; i < wanted.length; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const one = document.activeElement;
      const style = getComputedStyle(one);
      const box = one.getBoundingClientRect();
      const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
      const isShadowed = style.boxShadow !== "none";
      return {
        number: Number(one.dataset.testNumber), name: one.outerHTML.slice(0, 100),
        isMarked: one.matches(":focus-visible") && (isOutlined || isShadowed),
        isInSight: box.bottom > 0 && box.top < innerHeight,
      };
    });
    assert.ok(at.isMarked, `one does not see the focus of ${at.name}`);
    assert.ok(at.isInSight, `out of sight: ${at.name}`);
    reached.push(at.number);
  }
  const expected = wanted.map((name, number) => number);
  assert.deepEqual(reached.map((number) => wanted[number]), expected.map((n) => wanted[n]));
});

// Press keys while this has the focus; it must have it afterwards, too.
async function pressOn(selector, ...keys) {
  await page.locator(selector).first().focus();
  for (const key of keys)
    await page.keyboard.press(key);
  await page.waitForTimeout(50);
  const stays = await page.evaluate((one) =>
    document.activeElement === document.querySelector(one), selector);
  assert.ok(stays, `after ${keys} the focus is not on ${selector}`);
}

const state = () => page.evaluate(() => leakcage.state());

test("what is pressed works, and keeps the focus", async () => {
  const box = ".panel[data-panel=memory] .legend input[data-series=anon_bytes]";
  const before = (await state()).visible.memory.includes("anon_bytes");
  await pressOn(box, "Space");
  assert.notEqual((await state()).visible.memory.includes("anon_bytes"), before);
  await pressOn(box, "Space");
  assert.equal((await state()).visible.memory.includes("anon_bytes"), before);
  await pressOn("#runs th[data-column=peak_bytes] button", "Enter");
  assert.equal((await state()).sort.direction, "ascending");
  await pressOn("#runs th[data-column=peak_bytes] button", "Space");
  assert.equal((await state()).sort.direction, "descending");
  await pressOn("#runs tbody tr[data-run='1'] input[type=checkbox]", "Space");
  assert.deepEqual((await state()).drawn, [0]);
  await pressOn("#runs tbody tr[data-run='1'] input[type=checkbox]", "Space");
  await pressOn("#runs tbody tr[data-run='1'] th button", "Enter");
  assert.equal((await state()).selected, 1);
});

test("help opens with ?, says what keys do, and closes with Escape", async () => {
  await page.keyboard.press("?");
  const help = page.locator("dialog[open]");
  await help.waitFor();
  assert.match(await help.innerText(), /Esc/);
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "detached" }).catch(() => help.waitFor({ state: "hidden" }));
  assert.equal(await page.locator("dialog[open]").count(), 0);
  watched.expectQuiet();
});
