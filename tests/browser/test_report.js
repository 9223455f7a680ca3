"use strict";
// The report of a run, opened from disk: what it shows, how it looks, what is left on paper.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const { after, before, test } = require("node:test");
const zlib = require("node:zlib");
const { kept, launch, open, recorded, report, screenshot } = require("./browser.js");
const { drawn, lowContrast, stickingOut } = require("./look.js");

const BYTES_MAX = 400 * 1000;
const PANELS = ["memory", "requests", "latency", "pressure", "processes"];
let browser;
let file;
before(async () => {
  browser = await launch();
  file = report("unclosed-body", recorded("unclosed-body"));
});
after(async () => { await browser?.close(); });

test("it is one small file, and shows verdict, evidence, charts and tables", async () => {
  assert.ok(fs.statSync(file).size < BYTES_MAX, `${fs.statSync(file).size} bytes`);
  const watched = await open(browser, file);
  const { page } = watched;
  assert.match(await page.title(), /unclosed-body/);
  assert.match(await page.locator("#verdict").innerText(), /LEAK/);
  const evidence = await page.locator("#evidence").innerText();
  assert.match(evidence, /LEAK \+41\.\d KiB per request \(95 %: /);
  assert.match(evidence, /one more open socket per request, ESTABLISHED to 127\.0\.0\.1:/);
  for (const panel of PANELS) {
    const picture = await drawn(page, `.panel[data-panel=${panel}] .chart`);
    assert.ok(picture.painted > 1000, `${panel}: ${picture.painted} pixels`);
  }
  const memory = await drawn(page, ".panel[data-panel=memory] .chart");
  assert.ok(memory.colours.length >= 5, `memory: ${memory.colours.length} colours`);
  assert.ok(await page.locator("#floors").isVisible());
  assert.equal(await page.locator("#cycles tbody tr").count(), 7, "a row for each cycle");
  assert.match(await page.locator("#cycles").innerText(), /26\.5 MiB/);
  watched.expectQuiet();
  await screenshot(page, "report", { fullPage: true });
  await watched.close();
});

test("where no script may run it is there in words, and as a picture", async () => {
  const watched = await open(browser, file, { isDrawn: false, javaScriptEnabled: false });
  const { page } = watched;
  assert.match(await page.locator("noscript pre").innerText(), /^ {2}verdict +LEAK +\+41\.\d KiB/m);
  const picture = page.getByRole("img", { name: "leakcage: unclosed-body" });
  assert.ok((await picture.boundingBox()).height > 500);
  await screenshot(page, "report-still", { fullPage: true });
  watched.expectQuiet();
  await watched.close();
});

for (const scheme of ["light", "dark"]) {
  test(`it can be read in the ${scheme}, and on a narrow screen`, async () => {
    const watched = await open(browser, file, { colorScheme: scheme });
    const { page } = watched;
    const [red, green, blue] = await page.evaluate(() =>
      getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number));
    assert.equal(red + green + blue < 3 * 128, scheme === "dark", "the paper's colour");
    assert.deepEqual(await lowContrast(page), []);
    await screenshot(page, `report-${scheme}`);
    await page.setViewportSize({ width: 360, height: 740 });
    await page.waitForFunction(() => [...document.querySelectorAll(".chart canvas")].every(
      (canvas) => canvas.getBoundingClientRect().right <= innerWidth + 1));
    assert.deepEqual(await stickingOut(page), []);
    assert.ok((await drawn(page, ".panel[data-panel=memory] .chart")).painted > 1000);
    await screenshot(page, `report-${scheme}-narrow`, { fullPage: true });
    watched.expectQuiet();
    await watched.close();
  });
}

// What the pages of a PDF are drawn with, as text: " l" draws a line.
function streams(pdf) {
  const found = [];
  for (let at = pdf.indexOf("stream\n"); at >= 0; at = pdf.indexOf("stream\n", at + 1)) {
    try {
      const end = pdf.indexOf("endstream", at);
      found.push(zlib.inflateSync(pdf.subarray(at + 7, end)).toString("latin1"));
    } catch {
      continue; /* not compressed, or the end of a stream */
    }
  }
  return found;
}

test("it prints: light, with verdict, evidence and charts, without buttons", async () => {
  const watched = await open(browser, file, { colorScheme: "dark" });
  const { page } = watched;
  const pdf = await page.pdf({ path: kept("report.pdf"), format: "A4" });
  const text = pdf.toString("latin1");
  const pages = (text.match(/\/Type ?\/Page\b/g) || []).length;
  assert.ok(pages >= 1 && pages <= 5, `${pages} pages`);
  const charts = PANELS.length;
  const drawings = streams(pdf).map((stream) => (stream.match(/ l\n/g) || []).length);
  assert.ok(drawings.filter((lines) => lines > 50).length >= charts, `drawings: ${drawings}`);
  assert.ok(Math.max(...drawings) > 500, "every point of the memory's chart is on paper");
  await page.emulateMedia({ media: "print" });
  for (const part of ["#verdict", "#evidence", "#cycles", "#floors"])
    assert.ok(await page.locator(part).isVisible(), part);
  for (const button of await page.locator("button").all())
    assert.ok(!await button.isVisible(), `a button: ${await button.innerText()}`);
  assert.ok((await drawn(page, ".panel[data-panel=memory] .chart")).painted > 1000);
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.deepEqual(await lowContrast(page), []);
  await screenshot(page, "report-print", { fullPage: true });
  watched.expectQuiet();
  await watched.close();
});

// Chromium's own tree of what assistive technology is told.
async function accessibilityTree(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  return nodes.filter((node) => !node.ignored).map((node) => ({
    role: node.role?.value,
    name: (node.name?.value || "").trim(),
    level: node.properties?.find((one) => one.name === "level")?.value.value,
  }));
}

test("assistive technology is told what is there", async () => {
  const watched = await open(browser, file);
  const tree = await accessibilityTree(watched.page);
  const of = (role) => tree.filter((node) => node.role === role);
  assert.equal(await watched.page.getAttribute("html", "lang"), "en");
  const headings = of("heading");
  assert.equal(headings.filter((node) => node.level === 1).length, 1, "one h1");
  headings.reduce((above, { level, name }) => {
    assert.ok(level <= above + 1, `"${name}" is h${level} below h${above}`);
    return level;
  }, 0);
  for (const role of ["button", "checkbox", "image", "img", "link", "region", "table", "dialog"])
    for (const node of of(role))
      assert.notEqual(node.name, "", `a ${role} without a name`);
  assert.ok(of("checkbox").length >= 10 && of("button").length >= 3);
  assert.ok(of("columnheader").length >= 10, "the table has headings");
  assert.ok(of("rowheader").length >= 5, "and so have its rows");
  assert.ok(tree.some((node) => node.role === "main"), "there is a main part");
  assert.ok(["image", "img"].flatMap(of).length >= PANELS.length, "charts are named");
  await watched.close();
});
