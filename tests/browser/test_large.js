"use strict";
// The report of a run of hours: a million samples. It is small, it opens soon, and what stood out
// for one sample is drawn. How fast exactly is a matter of `make bench BENCH=report`: machines are
// shared, and the bound here only fails what takes the square of the time.
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { ROOT, kept, launch, open, report, screenshot } = require("./browser.js");
const { openingTimes } = require("./opening.js");

const SAMPLES = 1000 * 1000;
const BYTES_MAX = 5e6;
const OPENING_MS_MAX = 8000;
let browser;
let file;
let peaks;
before(async () => {
  const folder = kept("pages", "large");
  fs.rmSync(folder, { recursive: true, force: true });
  peaks = JSON.parse(execFileSync("/usr/bin/python3",
    [path.join(ROOT, "tests/support/large_result.py"), folder, String(SAMPLES)]));
  file = report("large", folder);
  fs.rmSync(folder, { recursive: true });
  browser = await launch();
});
after(async () => { await browser?.close(); });

test("it is small and opens soon", async () => {
  const times = await openingTimes(browser, file, 2);
  console.log(`${SAMPLES} samples: ${fs.statSync(file).size} bytes, drawn after `
    + times.map((time) => `${time.toFixed(0)} ms`).join(", "));
  assert.ok(fs.statSync(file).size < BYTES_MAX, `${fs.statSync(file).size} bytes`);
  assert.ok(Math.min(...times) < OPENING_MS_MAX, `${times} ms`);
});

test("no peak is lost, neither in the file nor in the chart", async () => {
  const watched = await open(browser, file);
  const { page } = watched;
  assert.equal(await page.evaluate(() =>
    JSON.parse(document.getElementById("leakcage-view").textContent).runs[0].samples.n), SAMPLES);
  assert.ok(peaks.length >= 10, "there are peaks to be found");
  for (const peak of peaks) {
    const values = await page.evaluate(([key, t]) => {
      const [memory] = leakcage.panels.list();
      const { graph } = memory;
      const column = graph.getLabels().indexOf(`0:${key}`);
      const inView = JSON.parse(document.getElementById("leakcage-view").textContent)
        .runs[0].series.find((one) => one.key === key);
      const near = (time) => Math.abs(time - t) < 1;
      const chart = [];
      for (let row = 0; row < graph.numRows(); row++)
        if (near(graph.getValue(row, 0)))
          chart.push(graph.getValue(row, column));
      return { file: inView.v.filter((value, i) => near(inView.t_s[i])), chart };
    }, [peak.column, peak.t_ns / 1e9]);
    assert.ok(values.file.includes(peak.bytes), `${JSON.stringify(peak)} is in the file`);
    assert.ok(values.chart.includes(peak.bytes), `${JSON.stringify(peak)} is in the chart`);
  }
  await screenshot(page, "large");
  await watched.close();
});
