
let byImportance = false;

function showFeatures() {
  const known = data.importances.length > 0, most = Math.max(...data.importances, 1e-12);
  const rows = data.features.map((feature, index) => ({ ...feature, index, share: data.importances[index] }));
  if (byImportance) rows.sort((one, other) => other.share - one.share);
  const head = make("tr", {}, make("th", { scope: "col", class: "brief" }, "#"), make("th", { scope: "col" }, "Name"), make("th", { scope: "col", class: "brief" }, "Type"));
  if (known) head.append(make("th", { scope: "col", class: "share" }, "Importance"));
  const body = rows.map(({ name, dtype, index, share }) => {
    const row = make("tr", {}, make("td", { class: "brief" }, String(index + 1)), make("td", {}, name || "–"), make("td", { class: "brief" }, dtype));
    if (known) row.append(make("td", { class: "share" }, make("div", {}, meter(share / most), make("span", { class: "number" }, percent(share)))));
    return row;
  });
  find("features").replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
}

function startFeatures() {
  if (!data.features.length) {
    find("features-said").textContent = "Only the script knows what it takes.";
    return;
  }
  const scrolls = find("features");
  if (data.features.length > 16) scrolls.className = "scroll";
  if (data.features.length > 16) ["tabindex", "role", "aria-label"].forEach((name, index) => scrolls.setAttribute(name, ["0", "region", "Table of features"][index]));
  if (data.importances.length) {
    find("features-said").textContent = "Importance: each feature’s share of what splits gained (mean decrease in impurity).";
    const order = make("button", { type: "button", "aria-pressed": "false" }, "Most important first");
    order.addEventListener("click", () => {
      byImportance = !byImportance;
      order.setAttribute("aria-pressed", String(byImportance));
      showFeatures();
    });
    find("features-tools").append(make("span", { class: "push" }, order));
  } else if (data.trees) {
    find("features-said").textContent = "No importances: this model was packed before Coppice kept them. Pack it again to see them.";
  } else find("features-tools").hidden = true;
  showFeatures();
}
