/* The bar at the top: which photos are shown, how far one is, and whether all is saved. */

import { element } from "../element.js";
import { counted, say } from "../words.js";
import { flagMark } from "./marks.js";

const PILES = ["all", "pick", "none", "reject", "undecided"];
const SLOW_MS = 1200; // unsaved for longer than this is worth a word

/** The toolbar of the desk. */
export class Bar {
  #slow = null; // a timer, while something is unsaved

  /** @param {Shoot} shoot @param {Saving} saving */
  constructor(shoot, saving) {
    this.shoot = shoot;
    this.saving = saving;
    document.getElementById("title").textContent = shoot.title;
    this.piles = new Map(PILES.map(pile => [pile, this.#addPile(pile)]));
    this.leastStars = document.getElementById("least-stars");
    this.leastStars.append(...[0, 1, 2, 3, 4, 5].map(count => element("option", { value: count },
      count ? `${"★".repeat(count)} ${count < 5 ? say("desk.bar.and_more") : ""}` : say("desk.bar.any_stars"))));
    this.leastStars.addEventListener("change", () => shoot.filterBy({ leastStars: Number(this.leastStars.value) }));
    shoot.addEventListener("marks", () => this.#count());
    shoot.addEventListener("shown", () => this.#show());
    saving.addEventListener("saving", () => this.#tellSaving());
    this.#count();
    this.#show();
    this.#tellSaving();
  }

  #addPile(pile) {
    const input = element("input", { type: "radio", name: "pile", value: pile, id: `pile-${pile}`,
      change: () => this.shoot.filterBy({ pile }) });
    const count = element("b");
    const flag = pile === "pick" || pile === "reject" ? flagMark({ flag: pile, by: { flag: "you" } }) : "";
    const label = element("label", {}, input,
      element("span", {}, flag, element("span", { class: "words" }, say(`desk.piles.${pile}`)), " ", count));
    document.getElementById("piles").append(label);
    // After a click the arrow keys shall walk through the photos, not through the piles.
    input.addEventListener("click", event => {
      if (event.detail) document.getElementById("strips").focus({ preventScroll: true });
    });
    return { label, input, count };
  }

  #show() {
    this.piles.get(this.shoot.filter.pile).input.checked = true;
    this.leastStars.value = this.shoot.filter.leastStars;
    this.leastStars.classList.toggle("is-set", this.shoot.filter.leastStars > 0);
  }

  #count() {
    const counts = this.shoot.counts();
    for (const [pile, { label, count }] of this.piles) {
      count.textContent = counts[pile].toLocaleString("en");
      if (!(pile in counts.settled)) continue;
      const settled = counts.settled[pile];
      const numbers = [settled, counts[pile] - settled].map(number => number.toLocaleString("en"));
      label.title = say("desk.piles.of_it", { settled: numbers[0], proposed: numbers[1] });
    }
    const progress = document.getElementById("progress");
    progress.querySelector(".words").textContent = counts.settledGroups === counts.groups
      ? say("desk.bar.all_decided")
      : counted("desk.bar.decided", counts.groups, { done: counts.settledGroups.toLocaleString("en") });
    progress.querySelector(".line span").style.width = `${(100 * counts.settledGroups) / Math.max(1, counts.groups)}%`;
  }

  #tellSaving() {
    document.getElementById("undo").disabled = !this.saving.canUndo;
    const { unsavedCount, problem } = this.saving;
    if (!unsavedCount || problem) {
      clearTimeout(this.#slow);
      this.#slow = null;
      this.#say(problem && unsavedCount ? `${counted("desk.bar.unsaved", unsavedCount)} ${problem.message}` : "");
    } else if (document.body.classList.contains("is-unsaved")) {
      this.#say(say("desk.bar.saving"));
    } else {
      this.#slow ??= setTimeout(() => this.#say(say("desk.bar.saving")), SLOW_MS);
    }
    document.body.classList.toggle("is-troubled", Boolean(unsavedCount && problem));
  }

  #say(text) {
    const saving = document.getElementById("saving");
    if (saving.textContent !== text) saving.textContent = text;
    document.body.classList.toggle("is-unsaved", Boolean(text));
  }
}
