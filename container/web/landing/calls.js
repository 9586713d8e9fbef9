
let shownCalls = "";

async function showCalls() {
  let found;
  try {
    const response = await fetch(url("calls"));
    if (!response.ok) return;
    found = await response.json();
  } catch { return; /* the next one may be answered again */ }
  const text = JSON.stringify(found);
  if (text === shownCalls) return;
  shownCalls = text;
  find("calls-said").textContent = found.workers > 1 ? `Each of the ${found.workers} workers knows its own calls; these are one worker’s.` : found.calls.length ? "" : "None yet.";
  if (!found.calls.length) return find("calls").replaceChildren();
  const head = ["Time", "Status", "Rows", "Milliseconds"].map((name, index) => make("th", { scope: "col", class: index > 1 ? "number" : "" }, name));
  const rows = found.calls.map(({ at, status, rows: count, milliseconds }) => make("tr", {},
    make("td", {}, new Date(at * 1000).toLocaleTimeString("en-GB")),
    make("td", { class: status < 400 ? "" : "bad" }, String(status)),
    make("td", { class: "number" }, count.toLocaleString("en")),
    make("td", { class: "number" }, milliseconds.toFixed(milliseconds < 10 ? 2 : 0))));
  find("calls").replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)));
}
