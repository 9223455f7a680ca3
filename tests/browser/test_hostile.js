"use strict";
// Hostile texts (tests/support/hostile_texts.c) as names, titles, logs and errors of all kinds of
// pages: they are text, no script of theirs runs, nothing is loaded, nothing sticks out.
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { BUILD, LEAKCAGE, kept, launch, open, screenshot } = require("./browser.js");
const { stickingOut } = require("./look.js");

const NOT_AS_EXPECTED = [1, 4]; // exit status of a report: a leak, a run that failed
let browser;
let folder;
before(async () => {
  folder = kept("pages", "hostile");
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  execFileSync(path.join(BUILD, "tests/unit/test_hostile_texts"), [],
    { env: { ...process.env, LEAKCAGE_KEEP_HOSTILE: folder },
      stdio: ["ignore", "ignore", "pipe"] });
  browser = await launch();
});
after(async () => { await browser?.close(); });

// Of each text, the run that failed: its error is hostile, too.
const results = () => fs.readdirSync(folder).filter((name) => name.endsWith("-failed"))
  .map((name) => path.join(folder, name)).sort();

// Markup first of all: what could run.
const isMarkup = (file) =>
  /[<"'&]|javascript:/.test(fs.readFileSync(file.replace(/\..*/, ".raw"), "latin1"));

for (const kind of ["gate", "comparison"]) {
  test(`${kind}.html with hostile names`, async () => {
    const files = fs.readdirSync(folder).filter((name) => name.endsWith(`.${kind}.html`))
      .map((name) => path.join(folder, name)).filter(isMarkup);
    assert.ok(files.length >= 12, `${files.length} pages`);
    const watched = await open(browser, files[0], { isDrawn: false });
    for (const file of files) {
      await watched.page.goto(`file://${file}`);
      const text = await watched.page.locator("body").innerText();
      assert.ok(text.length > 200, file);
      assert.equal(await watched.page.locator("script, img, iframe, [onload], [onclick]").count(),
        0, file);
      assert.deepEqual(watched.complaints, [], file);
    }
    assert.ok(watched.requests.every((address) => address.startsWith(`file://${folder}/`)));
    await watched.close();
  });
}

// A report of these results.
function reportOf(name, runs) {
  const file = path.join(folder, `${name}.html`);
  try {
    execFileSync(LEAKCAGE, ["report", "--html", ...runs, "-o", file],
      { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    assert.ok(NOT_AS_EXPECTED.includes(error.status), String(error.stderr));
  }
  return file;
}

test("a report of runs whose every name, log and error is hostile", async () => {
  const watched = await open(browser, reportOf("report", results()));
  const { page } = watched;
  const runs = await page.evaluate(() =>
    JSON.parse(document.getElementById("leakcage-view").textContent).runs);
  assert.equal(runs.length, results().length);
  await screenshot(page, "hostile", { fullPage: true });
  for (let index = 0; index < runs.length; index++) {
    const run = runs[index];
    await page.evaluate((number) => { location.hash = `run=${number}&drawn=${number}`; }, index);
    await page.waitForFunction((number) => leakcage.state().selected === number, index);
    const text = await page.locator("body").evaluate((body) => body.textContent);
    // The words of the page's own making may stand between lines, but each line is there.
    for (const part of [run.label, run.error, run.log && run.log.text])
      if (part)
        assert.ok(text.includes(part), `run ${index}: ${JSON.stringify(part.slice(0, 80))}`);
    assert.deepEqual(watched.complaints, [], `run ${index}`);
  }
  assert.equal(await page.locator("img, iframe, object, embed").count(), 0);
  const links = await page.locator("a[href]").evaluateAll((all) => all.map((one) => one.href));
  assert.deepEqual(links.filter((link) => link.startsWith("javascript:")), []);
  watched.expectQuiet();
  await watched.close();
});

test("a report of one such run: title, headline, events, on a narrow screen", async () => {
  for (const number of ["01", "33", "48"]) {
    const watched = await open(browser, reportOf("one", [path.join(folder, number)]));
    const { page } = watched;
    for (const section of await page.locator("details:not([open]) > summary").all())
      if (await section.isVisible())
        await section.click();
    const [run] = await page.evaluate(() =>
      JSON.parse(document.getElementById("leakcage-view").textContent).runs);
    const text = await page.locator("body").evaluate((body) => body.textContent);
    for (const mark of run.marks)
      assert.ok(!mark.text || text.includes(mark.text), JSON.stringify(mark));
    await page.setViewportSize({ width: 360, height: 740 });
    assert.deepEqual(await stickingOut(page), [], `text ${number} is wider than a telephone`);
    watched.expectQuiet();
    await watched.close();
  }
});
