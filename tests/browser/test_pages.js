"use strict";
// The pages that have no script: comparisons and gates, also those of hostile names, of nothing,
// and the largest. They open without a word on the console, load nothing, can be read.
const assert = require("node:assert/strict");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { documents, launch, open, screenshot } = require("./browser.js");
const { lowContrast, stickingOut } = require("./look.js");

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

// One page in every way of looking at it.
async function lookAt(file, name) {
  const watched = await open(browser, file, { isDrawn: false });
  const page = watched.page;
  assert.ok((await page.title()).length > 0, "it has a title");
  assert.ok((await page.locator("h1").innerText()).length > 0, "it has a heading");
  assert.deepEqual(await lowContrast(page), [], "too little contrast in the light");
  await screenshot(page, name);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.deepEqual(await lowContrast(page), [], "too little contrast in the dark");
  await page.setViewportSize({ width: 360, height: 740 });
  assert.deepEqual(await stickingOut(page), [], "it is too wide for a telephone");
  watched.expectQuiet();
  await watched.close();
}

for (const kind of ["gate", "comparison"]) {
  test(`${kind}.html opens from disk, in light and in dark, wide and narrow`, async (t) => {
    const files = documents(`test_${kind}_html`);
    assert.ok(files.length >= 3, "there are pages to look at");
    for (const file of files)
      await t.test(path.basename(file), () => lookAt(file, kind));
  });
}
