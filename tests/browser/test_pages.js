"use strict";
// The pages that have no script: comparisons and gates, also those of hostile names, of nothing,
// and the largest. They open without a word on the console, load nothing, can be read.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const { after, before, test } = require("node:test");
const url = require("node:url");
const { documents, launch, open, screenshot } = require("./browser.js");
const { lowContrast, stickingOut } = require("./look.js");

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

// A page in every way of looking at it.
async function lookAt(page, name) {
  assert.ok((await page.title()).length > 0, "it has a title");
  assert.ok((await page.locator("h1").innerText()).length > 0, "it has a heading");
  assert.deepEqual(await lowContrast(page), [], "too little contrast in the light");
  await screenshot(page, name);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.deepEqual(await lowContrast(page), [], "too little contrast in the dark");
  await page.setViewportSize({ width: 360, height: 740 });
  assert.deepEqual(await stickingOut(page), [], "it is too wide for a telephone");
}

for (const kind of ["gate", "comparison"]) {
  test(`${kind}.html opens from disk, in light and in dark, wide and narrow`, async () => {
    const bySize = documents(`test_${kind}_html`)
      .sort((one, other) => fs.statSync(one).size - fs.statSync(other).size);
    assert.ok(bySize.length >= 3, "there are pages to look at");
    // The least, the largest (which is of a million samples, or of 600 cases), and one of everyday.
    for (const at of [0, bySize.length >> 1, bySize.length - 1]) {
      const watched = await open(browser, bySize[at], { isDrawn: false });
      await lookAt(watched.page, kind);
      watched.expectQuiet();
      await watched.close();
    }
    // And all of them one after the other.
    const watched = await open(browser, bySize[0], { isDrawn: false });
    for (const file of bySize)
      await watched.page.goto(url.pathToFileURL(file).href);
    assert.deepEqual(watched.complaints, []);
    assert.equal(watched.requests.length, 1 + bySize.length, "nothing but the pages was loaded");
    await watched.close();
  });
}
