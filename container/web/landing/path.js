
const STEP = 64, SWAY = 17;

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

function leafSays({ output, value, shares }) {
  const name = data.outputs.length > 1 ? `${output}: ` : "";
  return name + (shares ? shares.slice(0, 4).map(({ label, share }) => `${label} ${percent(share)}`).join(", ") + (shares.length > 4 ? " …" : "") : short(value));
}

/** The drawing beside the list: the way in green, and what it leaves aside dotted. */
function drawing(splits, width) {
  const middle = width / 2, ends = [], xs = [middle];
  for (const { goes } of splits) {
    const next = xs.at(-1) + (goes === "left" ? -SWAY : SWAY);
    xs.push(Math.max(SWAY * 1.6, Math.min(width - SWAY * 1.6, next)));
  }
  const y = index => STEP * (index + 0.5);
  const picture = make("svg", { width, height: STEP * xs.length, "aria-hidden": "true" });
  splits.forEach(({ goes, beside }, index) => {
    const x = xs[index], side = goes === "left" ? 1 : -1;
    const away = Math.max(8, Math.min(width - 8, x + side * SWAY * 1.4));
    picture.append(make("path", { class: "other", d: `M${x} ${y(index)} L${away} ${y(index) + STEP * 0.5}` }));
    picture.append(make("text", { x: away, y: y(index) + STEP * 0.5 + 11 }, beside.toLocaleString("en")));
    picture.append(make("path", { d: `M${x} ${y(index)} C${x} ${y(index + 0.5)} ${xs[index + 1]} ${y(index + 0.5)} ${xs[index + 1]} ${y(index + 1)}` }));
  });
  xs.forEach((x, index) => ends.push(make("circle", { cx: x, cy: y(index), r: index === splits.length ? 7 : 5, class: index === splits.length ? "end" : "" })));
  picture.append(...ends);
  return picture;
}

function showPath({ splits, leaf, row, rows, tree, trees }) {
  find("path-row").max = rows;
  const width = innerWidth < 740 ? 76 : 124;
  const list = make("ol", { class: "way", "aria-label": `The way of row ${row} through tree ${tree}` });
  for (const split of splits) {
    const text = said(split);
    list.append(make("li", {}, make("p", { title: split.feature }, make("b", {}, split.feature)),
      make("p", { title: text }, text, make("span", { class: "hidden" }, `, ${split.beside.toLocaleString("en")} ${split.beside === 1 ? "node" : "nodes"} aside`))));
  }
  const answer = leaf.answers.map(leafSays).join("; ");
  list.append(make("li", { class: "leaf" }, make("p", { title: answer }, answer), make("p", { class: "quiet" }, trees === 1 ? "this is what the tree says" : `this tree says; ${trees.toLocaleString("en")} trees are averaged`)));
  list.style.paddingLeft = `${width + 12}px`;
  const drawn = make("div", { class: "way" }, drawing(splits, width), list);
  find("path").replaceChildren(drawn);
  find("path-said").textContent = `${splits.length} ${splits.length === 1 ? "split" : "splits"} of tree ${tree} of ${trees.toLocaleString("en")}`;
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
