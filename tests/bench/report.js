"use strict";
// How long reports take to open in Chromium: report.js TIMES FILE...; JSON, milliseconds of each
// time for each file.
const { launch } = require("../browser/browser.js");
const { openingTimes } = require("../browser/opening.js");

async function main([times, ...files]) {
  const browser = await launch();
  const found = {};
  try {
    for (const file of files)
      found[file] = await openingTimes(browser, file, Number(times));
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(found));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
