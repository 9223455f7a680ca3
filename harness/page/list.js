"use strict";
/* The list of results stays as it is on disk: the page is fetched again every few seconds, and what
 * has changed is taken over. Without this the list works, too, and is as old as its last load. */
(() => {
  const INTERVAL_MS = 2000;
  const LONG_INTERVAL_MS = 10000; /* of a list of hundreds */
  const LONG_ROWS = 200;

  const form = document.querySelector("form");
  const running = document.querySelector("#running");
  const body = document.querySelector("#results tbody");
  if (!form || !running || !body) return;
  const button = form.querySelector("button");
  const filter = addFilter();

  function addFilter() {
    const input = document.createElement("input");
    input.type = "search";
    input.placeholder = "Filter";
    input.setAttribute("aria-label", "show only results that hold this text");
    input.addEventListener("input", applyFilter);
    /* It is no part of what is sent. */
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    button.before(input);
    return input;
  }

  function applyFilter() {
    const words = filter.value.toLowerCase().split(/\s+/);
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  }

  const boxes = () => [...body.querySelectorAll("input[name=run]")];

  function applyChoice() {
    const chosen = boxes().filter((box) => box.checked).length;
    button.disabled = chosen === 0;
    button.textContent = chosen < 2 ? "Show chosen together" : "Show " + chosen + " together";
  }

  const sameChildren = (one, other) => one.children.length === other.children.length
    && [...one.children].every((child, i) => child.isEqualNode(other.children[i]));

  /* What is chosen, and where the keyboard is, outlives the rows. */
  function takeRows(fresh) {
    if (sameChildren(body, fresh)) return;
    const chosen = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
    const focused = document.activeElement;
    const place = body.contains(focused)
      ? [focused.closest("tr").dataset.run, focused.tagName]
      : null;
    body.replaceChildren(...fresh.children);
    for (const box of boxes()) box.checked = chosen.has(box.value);
    if (place) {
      const row = [...body.rows].find((one) => one.dataset.run === place[0]);
      row?.querySelector(place[1].toLowerCase())?.focus();
    }
  }

  function take(page) {
    const freshRunning = page.querySelector("#running");
    const freshBody = page.querySelector("#results tbody");
    if (!freshRunning || !freshBody) return;
    if (!sameChildren(running, freshRunning))
      running.replaceChildren(...freshRunning.children);
    takeRows(freshBody);
    document.querySelector("#none").replaceChildren(...page.querySelector("#none").childNodes);
    applyFilter();
    applyChoice();
  }

  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href);
      if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
      document.body.classList.remove("gone");
    } catch (error) {
      document.body.classList.add("gone"); /* the server has stopped: what is shown is the last */
    }
  }

  async function keepLooking() {
    await look();
    setTimeout(keepLooking, body.rows.length > LONG_ROWS ? LONG_INTERVAL_MS : INTERVAL_MS);
  }

  /* Where there is no run the section is really empty, for its style to know. */
  if (!running.firstElementChild) running.replaceChildren();
  body.addEventListener("change", applyChoice);
  applyChoice();
  document.documentElement.dataset.ready = "1";
  setTimeout(keepLooking, INTERVAL_MS);
})();
