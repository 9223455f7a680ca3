"use strict";
// The report of a run that is explained: the line, its source, its stack, and what grew; opened
// from disk, by mouse and keys, on paper and on a telephone; and with hostile names.
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { BUILD, kept, launch, open, report, screenshot } = require("./browser.js");
const { lowContrast, stickingOut } = require("./look.js");

const BYTES_MAX = 400 * 1000;
let browser;
let folder;
let file;
before(async () => {
  folder = kept("pages", "explained");
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  execFileSync(path.join(BUILD, "tests/unit/test_view_explanation"), [],
    { env: { ...process.env, LEAKCAGE_KEEP_EXPLAINED: folder },
      stdio: ["ignore", "ignore", "pipe"] });
  browser = await launch();
  file = explained("leaky");
});
after(async () => { await browser?.close(); });

// A leak is as expected in these.
const explained = (name) => report(`explained-${name}`, path.join(folder, name));

const places = (page) => page.locator("#explanation > .places > .place");

test("the line stands right below the verdict, with its source and its share", async () => {
  assert.ok(fs.statSync(file).size < BYTES_MAX, `${fs.statSync(file).size} bytes`);
  const watched = await open(browser, file);
  const { page } = watched;
  const order = await page.locator("#page > section").evaluateAll((all) =>
    all.filter((one) => !one.hidden).map((one) => one.id));
  assert.deepEqual(order.slice(0, 2), ["summary", "explanation"]);
  const text = await page.locator("#explanation").innerText();
  assert.match(text, /Who takes it/);
  assert.match(text, /98 % explained: \+4\.0 KiB of the \+4\.1 KiB per request/);
  assert.equal(await places(page).count(), 2);
  const first = await places(page).first().innerText();
  assert.match(first, /^registry_add source\/registry\.c:41/);
  assert.match(first, /98 % \+4\.0 KiB per request/);
  assert.match(first, /heap\s+\+1 block, \+4\.0 KiB per request; 1,262 blocks, 4\.9 MiB held/);
  const here = places(page).first().locator(".source .here");
  assert.equal((await here.innerText()).trim().replace(/\s+/g, " "),
    "▶41 registry->entries[registry->size++] = malloc(4096);");
  assert.match(await places(page).nth(1).innerText(),
    /upstream_open source\/upstream\.c:88[^]*tcp to 127\.0\.0\.1:80, CLOSE_WAIT \+1 descriptor/);
  watched.expectQuiet();
  await screenshot(page, "explain", { fullPage: true });
  await watched.close();
});

test("the whole stack, what is held and what instruments did can be opened by keys", async () => {
  const watched = await open(browser, file);
  const { page } = watched;
  const stack = places(page).first().locator("details.calls");
  assert.ok(!await stack.locator("table").isVisible());
  await stack.locator("summary").focus();
  await page.keyboard.press("Enter");
  assert.deepEqual(await stack.locator("th").allInnerTexts(),
    ["malloc", "▶ registry_add", "serve_request", "main"]);
  assert.match(await stack.innerText(), /\/source\/registry\.c:41\s+\/srv\/demo\/server/);
  await page.locator("#explanation > .held > summary").click();
  assert.match(await page.locator("#explanation > .held").innerText(),
    /cache_new source\/cache\.c:12\s+2\.0 MiB held/);
  await page.locator(".instruments summary").click();
  const effects = await page.locator(".instruments").innerText();
  assert.match(effects, /heaptrack\s+used\s+allocations take twice as long/);
  assert.match(effects, /malloc\s+impossible\s+heaptrack is in its place/);
  assert.match(effects, /1\.8 times slower/);
  watched.expectQuiet();
  await watched.close();
});

test("what grew is a flame graph of one instrument at a time, and only here", async () => {
  const watched = await open(browser, file);
  const { page } = watched;
  const box = page.locator("#explanation .flame-box");
  const button = (name) => page.locator("#explanation .switch").getByRole("button", { name });
  assert.equal(await button("heap: what grew").getAttribute("aria-pressed"), "true");
  assert.match(await box.innerText(), /\+4\.9 MiB in 1,250 requests, 4\.0 KiB each/);
  assert.deepEqual(await box.locator(".frame").allInnerTexts(),
    ["all", "main demo/main.c:19", "serve_request demo/server.c:33",
      "registry_add demo/registry.c:41", "malloc"]);
  await button("descriptors: what grew").focus();
  await page.keyboard.press("Enter");
  assert.match(await box.innerText(), /descriptors \+1,250 in 1,250 requests, 1 each/);
  assert.match((await box.locator(".frame").allInnerTexts()).pop(), /CLOSE_WAIT/);
  // What stays the same did not grow.
  assert.equal(await button("threads: what grew").count(), 0);
  await button("threads: what is held").click();
  assert.match((await box.locator(".frame").allInnerTexts()).join(), /worker demo\/worker\.c:21/);
  // The frames by arrows.
  await box.locator(".frame").first().focus();
  await page.keyboard.press("ArrowDown");
  assert.match(await box.locator(".readout").innerText(), /^start_thread: 8 \(100\.0 %\)/);
  assert.ok(await page.locator("#profiles").isHidden(), "its profiles are shown once");
  watched.expectQuiet();
  await watched.close();
});

test("where nothing grows it shows what is held", async () => {
  const watched = await open(browser, explained("holds"));
  const text = await watched.page.locator("#explanation").innerText();
  assert.match(text, /^Who holds it\s+Nothing grows in step with the work\./);
  assert.match(text, /\n\s*the floor stands at 13\.0 MiB/);
  assert.match(await places(watched.page).first().innerText(),
    /^cache_new source\/cache\.c:12\s+2\.0 MiB held/);
  assert.match(await watched.page.locator("#explanation .flame-box h3").innerText(),
    /^heap: what is held, after cycle 5$/);
  watched.expectQuiet();
  await watched.close();
});

for (const scheme of ["light", "dark"]) {
  test(`it can be read in the ${scheme}, and on a narrow screen`, async () => {
    const watched = await open(browser, file, { colorScheme: scheme });
    const { page } = watched;
    for (const details of await page.locator("#explanation details").all())
      await details.evaluate((one) => { one.open = true; });
    assert.deepEqual(await lowContrast(page), []);
    await screenshot(page, `explain-${scheme}`, { fullPage: true });
    await page.setViewportSize({ width: 360, height: 740 });
    assert.deepEqual(await stickingOut(page), []);
    await screenshot(page, `explain-${scheme}-narrow`, { fullPage: true });
    watched.expectQuiet();
    await watched.close();
  });
}

test("where no script may run the line is there in words", async () => {
  const watched = await open(browser, file, { isDrawn: false, javaScriptEnabled: false });
  const text = await watched.page.locator("noscript pre").innerText();
  assert.match(text, /^LEAK +leaky +4\.1 KiB per request, 98 % explained$/m);
  assert.match(text, /1\. registry_add .*registry\.c:41 +98 % +4\.0 KiB per request/);
  assert.match(text, /registry->entries\[registry->size\+\+\] = malloc\(4096\);/);
  watched.expectQuiet();
  await watched.close();
});

test("on paper the line and its source are there", async () => {
  const watched = await open(browser, file, { colorScheme: "dark" });
  const { page } = watched;
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.ok(await places(page).first().locator(".source .here").isVisible());
  assert.deepEqual(await lowContrast(page), []);
  for (const one of await page.locator("#explanation .switch button").all())
    assert.ok(!await one.isVisible());
  await screenshot(page, "explain-print", { fullPage: true });
  await watched.close();
});

test("hostile names are text, in places, source and graph", async () => {
  const watched = await open(browser, explained("hostile"));
  const { page } = watched;
  for (const details of await page.locator("#explanation details").all())
    await details.evaluate((one) => { one.open = true; });
  const text = await page.locator("#explanation").evaluate((one) => one.textContent);
  assert.ok(text.includes("<img src=x onerror=alert(2)>"), text.slice(0, 400));
  assert.equal(await page.locator("img, iframe, object").count(), 0);
  await page.setViewportSize({ width: 360, height: 740 });
  assert.deepEqual(await stickingOut(page), []);
  await screenshot(page, "explain-hostile", { fullPage: true });
  watched.expectQuiet();
  await watched.close();
});
