
const data = JSON.parse(document.getElementById("data").textContent);
const find = id => document.getElementById(id);
const url = path => new URL(path, location.href).href;
const SVG = "http://www.w3.org/2000/svg";

/** An element; what is given inside is text, never markup. */
function make(tag, attributes = {}, ...inside) {
  const svg = ["svg", "path", "circle", "g", "text", "title"].includes(tag);
  const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

/** A number as people read it: enough digits, not seventeen. */
function short(number, digits = 6) {
  if (typeof number !== "number") return String(number);
  if (Number.isInteger(number) && Math.abs(number) < 1e15) return number.toLocaleString("en");
  const size = Math.abs(number);
  if (size >= 1e-4 && size < 1e15) return Number(number.toPrecision(digits)).toLocaleString("en", { maximumSignificantDigits: digits });
  return Number(number.toPrecision(digits)).toExponential().replace("e+", "e");
}

const plural = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
const percent = share => `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`;
const withShare = (label, share) => `${label} (${percent(share)})`;

function meter(share) {
  const bar = make("i");
  bar.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return make("span", { class: "meter", "aria-hidden": "true" }, bar);
}

/** Radio buttons, which the arrow keys move between. */
function choice(fieldset, name, options, chosen) {
  for (const [value, label] of options) {
    const input = make("input", { type: "radio", name, value });
    input.addEventListener("change", () => chosen(value));
    fieldset.append(make("label", {}, input, label));
  }
  fieldset.querySelector("input").checked = true;
}
