"use strict";
/* The list of results that `leakcage serve` shows stays as it is on disk: it is fetched again every
 * few seconds, and what has changed is taken over. Without this script the list works, too, and is
 * as old as its last load. */
{
  const intervalMs = 2000;
  const longIntervalMs = 10000; /* of a list of hundreds */
  const longRows = 200;

  const form = document.querySelector("form");
  const button = form.querySelector("button");
  const rows = document.querySelector("#results tbody");
  const filter = document.createElement("input");

  const boxes = () => [...rows.querySelectorAll("input[name=run]")];

  const applyFilter = () => {
    const words = filter.value.toLowerCase().split(/\s+/);
    for (const row of rows.rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  };

  const applyChoice = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    button.disabled = chosen === 0;
    button.textContent = chosen < 2 ? "Show chosen together" : `Show ${chosen} together`;
  };

  const addFilter = () => {
    filter.type = "search";
    filter.placeholder = "Filter";
    filter.setAttribute("aria-label", "show only results that hold these words");
    filter.addEventListener("input", applyFilter);
    /* It is no part of what the form sends. */
    filter.addEventListener("keydown", (event) => {
      if (event.key === "Enter")
        event.preventDefault();
    });
    button.before(filter);
  };

  /* Does it say the same? What the reader has chosen or filtered since is no part of that. */
  const isSame = (old, fresh) => old.isEqualNode(fresh);

  /* Change what is shown; the keyboard stays in the row that it is in. */
  const keepFocus = (change) => {
    const focused = document.activeElement;
    const row = focused.closest("tr[data-run]");
    const place = row && row.closest("section, form");
    change();
    if (!row || row.isConnected)
      return;
    const again = [...place.querySelectorAll("tr[data-run]")]
      .find((one) => one.dataset.run === row.dataset.run);
    if (again && again.querySelector(focused.localName))
      again.querySelector(focused.localName).focus();
  };

  /* What is chosen outlives the rows. */
  const takeRows = (fresh) => {
    for (const row of rows.rows)
      row.removeAttribute("hidden");
    if (isSame(rows, fresh))
      return;
    const chosen = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
    rows.replaceChildren(...fresh.childNodes);
    for (const box of boxes())
      box.checked = chosen.has(box.value);
  };

  const take = (page) => {
    const fresh = page.querySelector("#results tbody");
    if (!fresh)
      return;
    for (const id of ["#running", ".facts", "#none"]) {
      const old = document.querySelector(id);
      if (!isSame(old, page.querySelector(id)))
        old.replaceChildren(...page.querySelector(id).childNodes);
    }
    takeRows(fresh);
    applyFilter();
    applyChoice();
  };

  const show = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    keepFocus(() => take(page));
  };

  const look = async () => {
    if (document.hidden)
      return;
    try {
      const answer = await fetch(location.href);
      if (answer.ok)
        show(await answer.text());
      document.body.classList.remove("gone");
    } catch {
      document.body.classList.add("gone"); /* it has stopped; what is shown is the last there was */
    }
  };

  const keepLooking = async () => {
    await look();
    setTimeout(keepLooking, rows.rows.length > longRows ? longIntervalMs : intervalMs);
  };

  addFilter();
  applyChoice();
  rows.addEventListener("change", applyChoice);
  document.documentElement.dataset.ready = "1";
  setTimeout(keepLooking, intervalMs);
}
