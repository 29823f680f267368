/* Why a photo is rated so: the map over it, and what stands out in it beside reference photos. */

import { element } from "./element.js";
import { strip } from "./histogram.js";
import { say } from "./words.js";

const part = name => document.getElementById(name);

/** Return a figure with its sign, the minus as wide as the plus. */
const signed = value => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);

export class Heat {
  #answer = null;
  #overlay = part("heat");
  #cell = part("cell");

  constructor() {
    part("strength").addEventListener("input", () => this.#fade());
    part("picture").addEventListener("pointermove", event => this.#tell(event));
    part("picture").addEventListener("pointerleave", () => { this.#cell.hidden = true; });
  }

  /** Show an explanation of the photo of this name. */
  show(answer, name) {
    this.#answer = answer;
    const span = answer.span.toFixed(2);
    this.#overlay.src = answer.heat;
    this.#overlay.alt = say("page.map_of", { name, places: answer.places });
    part("places").textContent = answer.places;
    part("span-low").textContent = `−${span}`;
    part("span-high").textContent = `+${span}`;
    part("legend").setAttribute("aria-label", say("page.legend", { span }));
    part("remarks").replaceChildren(...answer.remarks.map(remark => element("li", {}, remark)));
    part("traits").replaceChildren(heading(), element("tbody", {}, ...answer.traits.map(traitRow)));
    part("reference").textContent = say("page.reference", { reference: answer.reference });
    this.#fade();
  }

  /** Lay the map over the photo, or take it away. */
  lay(isShown) {
    this.#overlay.hidden = !isShown || !this.#answer;
    if (this.#overlay.hidden) this.#cell.hidden = true;
  }

  leave() {
    this.#answer = null;
    this.#overlay.removeAttribute("src");
    this.lay(false);
  }

  #fade() {
    const { value } = part("strength");
    this.#overlay.style.opacity = value / 100;
    part("strength").setAttribute("aria-valuetext", say("page.map_percent", { percent: value }));
  }

  /** Tell the figure of the place under the pointer. */
  #tell(event) {
    this.#cell.hidden = this.#overlay.hidden || event.pointerType === "touch";
    if (this.#cell.hidden) return;
    const box = this.#overlay.getBoundingClientRect();
    const [across, down] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const rows = this.#answer.map;
    const row = rows[Math.min(Math.max(Math.floor(down * rows.length), 0), rows.length - 1)];
    this.#cell.textContent = signed(row[Math.min(Math.max(Math.floor(across * row.length), 0), row.length - 1)]);
    this.#cell.style.left = `${100 * across}%`;
    this.#cell.style.top = `${100 * down}%`;
  }
}

function heading() {
  const cells = ["property", "value", "of_hundred", "among"].map(name =>
    element("th", { scope: "col", class: name }, say(`page.${name}`)));
  return element("thead", {}, element("tr", {}, ...cells));
}

function traitRow({ title, words, percentile, stands_out: isOut }) {
  return element("tr", { class: isOut ? "out" : "" },
    element("th", { scope: "row" }, title),
    element("td", { class: "value" }, words),
    element("td", { class: "of_hundred" }, String(Math.round(percentile))),
    element("td", { class: "among" }, strip(percentile, isOut)));
}
