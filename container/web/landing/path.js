
const SWAY = 17, HIGH = 64;

/** Two numbers side by side with as many digits as it takes to tell them apart. */
function apart(one, other) {
  let digits = 6;
  while (digits < 17 && one !== other && short(one, digits) === short(other, digits)) digits++;
  return [short(one, digits), short(other, digits)];
}

/** What one split asks of its feature, and the answer. */
function said(split) {
  const notes = [split.filled && "filled in", split.scaled && "scaled, as the tree sees it"].filter(Boolean);
  const note = `${notes.map(each => ` (${each})`).join("")} → ${split.goes}`;
  if (split.value === null) return `missing${note}`;
  if (split.threshold === null) return `${short(split.value)}, not missing${note}`;
  const [value, threshold] = apart(split.value, split.threshold);
  return `${value} ${split.goes === "left" ? "≤" : ">"} ${threshold}${note}`;
}

/** What the leaf says of one output, as text. */
function leafSays({ value, shares }) {
  if (!shares) return short(value);
  return shares.slice(0, 4).map(({ label, share }) => withShare(label, share)).join(", ") + (shares.length > 4 ? " …" : "");
}

/** The drawing beside the list: the way in green, and what it leaves aside dotted. `ys` is where the list's items begin to be read. */
function drawing(splits, width, ys) {
  const xs = [width / 2];
  for (const { goes } of splits) {
    const next = xs.at(-1) + (goes === "left" ? -SWAY : SWAY);
    xs.push(Math.max(SWAY * 1.6, Math.min(width - SWAY * 1.6, next)));
  }
  const picture = make("svg", { width, height: ys.at(-1) + 10, "aria-hidden": "true" });
  splits.forEach(({ goes, beside }, index) => {
    const [x, y, nextX, nextY] = [xs[index], ys[index], xs[index + 1], ys[index + 1]], middle = (y + nextY) / 2;
    const away = Math.max(8, Math.min(width - 8, x + (goes === "left" ? 1 : -1) * SWAY * 1.4));
    picture.append(make("path", { class: "other", d: `M${x} ${y} L${away} ${middle}` }));
    picture.append(make("text", { x: away, y: middle + 11 }, beside.toLocaleString("en")));
    picture.append(make("path", { d: `M${x} ${y} C${x} ${middle} ${nextX} ${middle} ${nextX} ${nextY}` }));
  });
  picture.append(...xs.map((x, index) => make("circle", index < splits.length ? { cx: x, cy: ys[index], r: 5 } : { cx: x, cy: ys[index], r: 7, class: "end" })));
  return picture;
}

let shownSplits = [];

/** Draw beside the list as it lies now: its items are as high as their texts. */
function draw() {
  const list = find("path").querySelector("ol");
  if (!list) return;
  const items = [...list.children], width = parseFloat(getComputedStyle(list).paddingLeft) - 12;
  list.parentElement.querySelector("svg")?.remove();
  list.before(drawing(shownSplits, width, items.map(item => item.offsetTop + Math.min(item.offsetHeight, HIGH) / 2)));
}

function showPath({ splits, leaf, row, rows, tree, trees }) {
  find("path-row").max = rows;
  const list = make("ol", { class: "way", "aria-label": `The way of row ${row} through tree ${tree}` });
  for (const split of splits) {
    list.append(make("li", {}, make("b", {}, make("bdi", {}, split.feature)),
      make("p", {}, said(split), make("span", { class: "hidden" }, `, ${plural(split.beside, "node")} aside`))));
  }
  const answers = leaf.answers.map(leafSays);
  list.append(make("li", { class: "leaf" }, answers.length > 1 ? byOutput(answers) : make("b", {}, make("bdi", {}, ...answers)),
    make("p", { class: "quiet" }, trees === 1 ? "this is what the tree says" : `this tree says; ${trees.toLocaleString("en")} trees are averaged`)));
  find("path").replaceChildren(make("div", { class: "way" }, list));
  find("path-said").textContent = `${plural(splits.length, "split")} of tree ${tree} of ${trees.toLocaleString("en")}`;
  shownSplits = splits;
  draw();
}

let latestPath = 0;

async function askPath() {
  if (!data.trees) return;
  const mine = ++latestPath;
  const asked = new URLSearchParams({ row: find("path-row").value, tree: find("path-tree").value });
  let text = "The server can’t be reached.", found;
  try {
    const response = await fetch(url(`path?${asked}`), { method: "POST", headers: { "Content-Type": format }, body: find("body").value });
    const document = await response.json();
    if (response.ok) found = document;
    else text = `${document.error.message} ${document.error.hint}`.trim();
  } catch { /* said above */ }
  if (mine !== latestPath) return;
  if (found) showPath(found);
  else {
    find("path").replaceChildren();
    find("path-said").textContent = text;
  }
}
