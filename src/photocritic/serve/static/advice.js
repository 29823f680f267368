/* Which small edits would make a photo better, each beside the photo as it is. */

import { element } from "./element.js";
import { say } from "./words.js";

const part = name => document.getElementById(name);

export class Advice {
  #answer = null;
  #choices = [];

  constructor() {
    part("suggestions").addEventListener("change", event => this.#compare(this.#choices[event.target.value]));
    part("split").addEventListener("input", () => this.#split());
  }

  /** Show the advice about a photo, its gains on a scale up to `most`. */
  show(answer, most) {
    this.#answer = answer;
    const { suggestions, together } = answer;
    const isTogether = together && together.names.length > 1;
    this.#choices = [...suggestions];
    if (isTogether) this.#choices.unshift({ ...together, action: say("page.together"), reason: actions(answer) });
    part("advice-none").hidden = this.#choices.length > 0;
    part("suggestions").hidden = !this.#choices.length;
    const legend = part("suggestions").querySelector("legend");
    const items = this.#choices.map((choice, index) => suggestion(choice, index, most));
    part("suggestions").replaceChildren(legend, ...items);
    part("notes").replaceChildren(...answer.notes.map(note => element("li", {}, note)));
    part("advice").dataset.count = suggestions.length;
    part("split").value = 50;
    this.#split();
    if (this.#choices.length) this.#compare(this.#choices[0]);
    this.lay(!part("advice").hidden);
    part("advice").dispatchEvent(new Event("found"));
  }

  /** Lay before and after over the photo, or take them away. */
  lay(isShown) {
    part("compare").hidden = !isShown || !this.#choices.some(choice => choice.after) || !this.#answer.before;
  }

  leave() {
    this.#answer = null;
    this.#choices = [];
    for (const picture of part("compare").querySelectorAll("img")) picture.removeAttribute("src");
    this.lay(false);
  }

  /** Lay what comes of a choice over the photo; of a crop, in its place. */
  #compare(choice) {
    const { before, width, height, suggestions } = this.#answer;
    const parts = choice.names ? suggestions.filter(each => choice.names.includes(each.name)) : [choice];
    const window = parts.find(each => each.window)?.window;
    const [left, top, across, down] = window ?? [0, 0, width, height];
    const after = part("compare-after");
    after.classList.toggle("is-crop", Boolean(window));
    const place = { left: left / width, top: top / height, width: across / width, height: down / height };
    for (const [name, share] of Object.entries(place)) after.style.setProperty(`--${name}`, `${100 * share}%`);
    part("compare-before").src = before ?? "data:,";
    after.firstElementChild.src = choice.after ?? "data:,";
  }

  #split() {
    const { value } = part("split");
    part("compare").style.setProperty("--at", `${value}%`);
    part("split").setAttribute("aria-valuetext", say("page.before_after_is", { percent: value }));
  }
}

function suggestion(choice, index, most) {
  const aspects = ["appeal", "quality"].filter(aspect => choice[aspect]);
  const gains = aspects.map(aspect => gainWords(choice[aspect], aspect, most));
  return element("label", {},
    element("input", { type: "radio", name: "suggestion", value: index, checked: index === 0 }),
    element("span", { class: "suggestion" },
      element("b", {}, actionOf(choice)),
      ...(choice.reason ? [element("span", { class: "reason" }, choice.reason)] : []),
      ...gains));
}

/** Return what happens to a rating: with figures where it rises by more than noise. */
function gainWords({ mean, gain, margin }, aspect, most) {
  const name = say(`page.${aspect}`);
  if (gain <= margin) return element("span", { class: "gain" }, say("page.gain_none", { aspect: name }));
  const words = say("page.gain", { aspect: name, before: (mean - gain).toFixed(2), after: mean.toFixed(2), most });
  const noise = element("i", {}, say("page.gain_noise", { margin: margin.toFixed(2) }));
  return element("span", { class: "gain rises" }, words, " ", noise);
}

const actions = ({ together, suggestions }) =>
  together.names.map(name => actionOf(suggestions.find(each => each.name === name))).join(", ");

function actionOf(choice) {
  if (!choice.window) return choice.action;
  const [, , width, height] = choice.window;
  return say("page.crop_to", { width, height });
}
