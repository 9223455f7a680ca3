"use strict";
// How long a report takes to open: from the beginning of the navigation until it is drawn, by the
// page's own clock.
const { open } = require("./browser.js");

// Milliseconds, of each of `times` windows one after the other.
async function openingTimes(browser, file, times) {
  const found = [];
  for (let i = 0; i < times; i++) {
    const watched = await open(browser, file, { script: `
      new MutationObserver((changes, observer) => {
        if (document.documentElement.dataset.ready !== "1")
          return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => {
          window.drawnAfterMs = performance.now();
        }));
      }).observe(document, { attributes: true, subtree: true });` });
    await watched.page.waitForFunction(() => window.drawnAfterMs > 0);
    found.push(await watched.page.evaluate(() => window.drawnAfterMs));
    watched.expectQuiet();
    await watched.close();
  }
  return found;
}

module.exports = { openingTimes };
