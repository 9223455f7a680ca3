"use strict";
// What the browser tests share: a headless Chromium, pages that are watched while they are open,
// the pages that leakcage writes, screenshots.
//
// LEAKCAGE_BUILD names the build folder (ctest sets it; build/release when it is not set). What the
// tests make stays in its folder browser/: pages/*.html and the screenshots *.png.
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const url = require("node:url");

const ROOT = path.resolve(__dirname, "../..");
const BUILD = process.env.LEAKCAGE_BUILD || path.join(ROOT, "build/release");
const KEPT = path.join(BUILD, "browser");
const LEAKCAGE = path.join(BUILD, "leakcage");
// Machines are shared, and some are emulated: only what hangs takes so long.
const TIMEOUT_MS = 60 * 1000;
const CHROMIUMS = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"];

// tools/setup.sh puts it there.
function driver() {
  try {
    return require(path.join(ROOT, "build/browser/node_modules/playwright-core"));
  } catch (error) {
    throw new Error("playwright-core is not in build/browser, where `tools/setup.sh test` puts it "
      + "from npm's registry: " + error.message.split("\n")[0]);
  }
}

function chromiumPath() {
  const folders = (process.env.PATH || "").split(":").concat("/usr/bin");
  const named = process.env.LEAKCAGE_CHROMIUM;
  const paths = CHROMIUMS.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  const found = named || paths.find((file) => fs.existsSync(file));
  if (!found)
    throw new Error("there is no Chromium: `tools/setup.sh test` installs Debian's, "
      + "LEAKCAGE_CHROMIUM names another");
  return found;
}

// The browser, closed by the caller.
async function launch() {
  return driver().chromium.launch({ executablePath: chromiumPath(), timeout: TIMEOUT_MS });
}

// A page and all that it asked for and complained about.
class Watched {
  constructor(page, context, address) {
    this.page = page;
    this.context = context;
    this.address = address;
    this.requests = [];
    this.complaints = [];
    page.on("request", (request) => this.requests.push(request.url()));
    page.on("console", (message) => {
      if (["error", "warning", "assert"].includes(message.type()))
        this.complaints.push(`console ${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.complaints.push(`page error: ${error.stack}`));
    page.on("dialog", (dialog) => {
      this.complaints.push(`a script ran: ${dialog.type()} ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("popup", (popup) => this.complaints.push(`a window: ${popup.url()}`));
  }

  // Nothing was loaded but the file itself, and nothing complained about.
  expectQuiet() {
    assert.deepEqual(this.complaints, []);
    assert.deepEqual(this.requests.filter((address) => !address.startsWith("data:")),
      [this.address], "the page asked for more than itself");
  }

  async close() {
    await this.context.close();
  }
}

// A window of its own, for pages of this address; empty as yet.
async function watch(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(TIMEOUT_MS);
  return new Watched(await context.newPage(), context, address);
}

// Open a file in a window of its own. `options` are those of a browser context;
// { isDrawn: false } for a page without a script, which need not be waited for until it has drawn
// itself; { script } runs before those of the page.
async function open(browser, file, options = {}) {
  const { isDrawn = true, script = "", ...rest } = options;
  const watched = await watch(browser, url.pathToFileURL(file).href, rest);
  const { page } = watched;
  await page.addInitScript(script);
  await page.goto(watched.address, { waitUntil: "load" });
  if (isDrawn)
    await page.waitForFunction(() => document.documentElement.dataset.ready === "1");
  return watched;
}

// A file that is the tests' own, below browser/ in the build folder.
function kept(...names) {
  const file = path.join(KEPT, ...names);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  return file;
}

async function screenshot(page, name, options = {}) {
  await page.screenshot({ path: kept(name + ".png"), ...options });
}

// A recorded run of tests/golden.
function recorded(name) {
  const folder = path.join(BUILD, "tests/golden/runs", name);
  if (!fs.existsSync(path.join(folder, "result.json")))
    throw new Error(`${folder} is not there: build the target golden_runs`);
  return folder;
}

// leakcage report … as a user calls it; returns the page's path.
function report(name, ...results) {
  const file = kept("pages", name + ".html");
  execFileSync(LEAKCAGE, ["report", "--html", ...results, "-o", file],
    { stdio: ["ignore", "ignore", "pipe"] });
  return file;
}

// The documents that a unit test keeps when it is told where to.
function documents(program) {
  const folder = kept("pages", program);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  execFileSync(path.join(BUILD, "tests/unit", program), [],
    { env: { ...process.env, LEAKCAGE_KEEP_HTML: folder }, stdio: ["ignore", "ignore", "pipe"] });
  const files = fs.readdirSync(folder).filter((name) => name.endsWith(".html"));
  return files.sort().map((name) => path.join(folder, name));
}

module.exports = {
  BUILD, LEAKCAGE, ROOT, documents, kept, launch, open, recorded, report, screenshot, watch,
};
