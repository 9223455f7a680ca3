"use strict";
// leakcage serve: the list of results, and a real run that is seen growing until its verdict.
const assert = require("node:assert/strict");
const { execFileSync, spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { LEAKCAGE, ROOT, kept, launch, recorded, screenshot, watch } =
  require("./browser.js");
const { drawn, lowContrast, stickingOut } = require("./look.js");

const RUN_MS_MAX = 120 * 1000;
let browser;
let server;
let address;
let folder;

// The one line that it prints.
function firstLine(process) {
  return new Promise((resolve, reject) => {
    let text = "";
    process.stdout.on("data", (data) => {
      text += data;
      if (text.includes("\n"))
        resolve(text.trim());
    });
    process.on("exit", (status) => reject(new Error(`leakcage serve ended: ${status}`)));
  });
}

before(async () => {
  folder = kept("pages", "served");
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  for (const name of ["clean", "concurrency-spike", "lazy-release"])
    fs.cpSync(recorded(name), path.join(folder, name), { recursive: true });
  server = spawn(LEAKCAGE, ["serve", folder], { stdio: ["ignore", "pipe", "inherit"] });
  address = await firstLine(server);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.kill("SIGINT");
});

// What a page of the server's asks for is the server's.
function expectLocal(watched) {
  assert.deepEqual(watched.complaints, []);
  assert.deepEqual(watched.requests.filter((one) => !one.startsWith(address)), []);
}

test("the list can be read, filtered and followed", async () => {
  const watched = await watch(browser, address);
  const { page } = watched;
  await page.goto(address);
  const rows = page.locator("#results tbody tr");
  assert.equal(await rows.count(), 3);
  assert.deepEqual(await lowContrast(page), []);
  await screenshot(page, "serve-list");
  await page.emulateMedia({ colorScheme: "dark" });
  assert.deepEqual(await lowContrast(page), []);
  await page.setViewportSize({ width: 360, height: 740 });
  assert.deepEqual(await stickingOut(page), []);
  await page.locator("input[type=search]").fill("lazy");
  assert.equal(await page.locator("#results tbody tr:visible").count(), 1);
  await page.locator("input[type=search]").fill("");
  await page.getByRole("link", { name: "lazy-release", exact: true }).click();
  await page.waitForFunction(() => document.documentElement.dataset.ready === "1");
  assert.match(await page.locator("#verdict").innerText(), /LAZY RELEASE/);
  await page.goBack();
  for (const box of await page.locator("#results tbody input[type=checkbox]").all())
    await box.check();
  await page.locator("form button[type=submit], form button:not([type])").click();
  await page.waitForFunction(() => document.documentElement.dataset.ready === "1");
  assert.equal(await page.locator("#runs tbody tr").count(), 3, "three together");
  expectLocal(watched);
  await watched.close();
});

// Why no run can be made here; "" when one can.
function noDriver() {
  const done = spawnSync(LEAKCAGE, ["doctor"], { encoding: "utf8" });
  return /auto picks driver/.test(done.stdout) ? "" : done.stdout.trim().split("\n").pop();
}

// Points of memory.current that the page has, and its last value.
const points = (page) => page.evaluate(() => {
  const [memory] = leakcage.panels.list();
  const line = memory && memory.shown.find((one) => one.label === "0:current_bytes");
  return line ? { n: line.t.length, last: line.v[line.v.length - 1] } : { n: 0, last: 0 };
});

test("a run is seen growing, and its verdict in the end", async (t) => {
  const why = noDriver();
  if (why) {
    console.log(`skipped: no run can be made here: ${why}`);
    t.skip(why);
    return;
  }
  const watched = await watch(browser, address);
  const { page } = watched;
  await page.goto(address);
  const run = spawn(LEAKCAGE, ["run", path.join(ROOT, "scenarios/unclosed-body.json"),
    "-o", folder, "--quiet"], { stdio: "ignore" });
  const ended = new Promise((resolve) => { run.on("exit", resolve); });
  try {
    // The list takes it up by itself.
    await page.locator("#running a").first().click({ timeout: RUN_MS_MAX });
    await page.waitForFunction(() => document.documentElement.dataset.ready === "1");
    await page.waitForFunction(() => leakcage.panels.list().length > 0, null,
      { timeout: RUN_MS_MAX });
    const first = await points(page);
    await page.waitForFunction((n) => {
      const line = leakcage.panels.list()[0].shown.find((one) => one.label === "0:current_bytes");
      return line && line.t.length > n + 10;
    }, first.n, { timeout: RUN_MS_MAX });
    const later = await points(page);
    assert.ok(later.n > first.n && later.last > first.last, JSON.stringify([first, later]));
    assert.ok((await drawn(page, ".panel[data-panel=memory] .chart")).painted > 1000);
    assert.match(await page.locator("#verdict").innerText(), /RUNNING/);
    await screenshot(page, "serve-running");
    await page.locator("#verdict", { hasText: "LEAK" }).waitFor({ timeout: RUN_MS_MAX });
    assert.equal(await ended, 0, "the run's own exit status");
    await page.locator("#evidence", { hasText: "KiB per request" }).waitFor();
    await screenshot(page, "serve-done");
    expectLocal(watched);
  } finally {
    run.kill("SIGINT");
    await ended;
    await watched.close();
  }
  // What the run left beside it is the same page, from disk.
  const file = path.join(folder, "unclosed-body", "report.html");
  assert.ok(fs.existsSync(file), "report.html");
  const still = await watch(browser, `file://${file}`);
  await still.page.goto(`file://${file}`);
  await still.page.waitForFunction(() => document.documentElement.dataset.ready === "1");
  assert.match(await still.page.locator("#verdict").innerText(), /LEAK/);
  still.expectQuiet();
  await still.close();
});
