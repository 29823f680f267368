/* The current photo in words, and its marks as buttons. */

import { element } from "../element.js";
import { counted, say } from "../words.js";
import { flagMark, marksLine } from "./marks.js";
import { fileName, groupWords, LABEL_CLASSES, labelName, valueWords } from "./phrases.js";
import { acceptance, FIELDS } from "./shoot.js";

const FLAGS = [["reject", "X"], ["none", "U"], ["pick", "P"]];
const LABELS = [["Red", "6"], ["Yellow", "7"], ["Green", "8"], ["Blue", "9"]];

/** The panel beside the strips and the loupe. */
export class Panel {
  #isDue = false;

  /**
   * @param {Shoot} shoot
   * @param {object} actions flag, stars and label, as the keys do them.
   * @param {() => boolean} isLoupe Whether only the current photo is meant, however many are chosen.
   */
  constructor(shoot, actions, isLoupe) {
    this.isLoupe = isLoupe;
    this.shoot = shoot;
    this.root = document.getElementById("panel");
    this.flags = FLAGS.map(([name, key]) => {
      const flag = name === "none" ? "" : name;
      const mark = flagMark({ flag: flag || null, by: { flag: "you" } });
      return this.#button(".flags", say(`desk.flags.button.${name}`), key, mark, () => actions.flag(flag));
    });
    this.stars = [1, 2, 3, 4, 5].map(count => this.#button(".stars", counted("desk.stars", count), String(count),
      element("i", { class: "mark stars n1" }), () => actions.stars(isGiven(shoot.current, count) ? 0 : count)));
    this.labels = LABELS.map(([label, key]) => this.#button(".labels", labelName(label), key,
      element("i", { class: `mark label own ${LABEL_CLASSES[label]}` }), () => actions.label(label)));
    for (const type of ["current", "marks", "shown"]) shoot.addEventListener(type, () => this.draw());
  }

  #button(place, name, key, mark, click) {
    const button = element("button", {
      type: "button", "aria-label": name, title: `${name} (${key})`, "aria-pressed": "false", click,
    }, mark);
    this.root.querySelector(place).append(button);
    return button;
  }

  /** Draw once, however many photos were walked over since the last frame. */
  draw() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#drawNow();
    });
  }

  #drawNow() {
    const { current: photo, selection } = this.shoot;
    this.root.classList.toggle("is-empty", !photo);
    for (const button of this.root.querySelectorAll("button")) button.disabled = !photo;
    if (!photo) return;
    const preview = this.root.querySelector("#preview img");
    if (preview.getAttribute("src") !== photo.thumbnail) preview.src = photo.thumbnail;
    const { marks } = photo;
    this.root.querySelector("#name").textContent = selection.size > 1 && !this.isLoupe()
      ? counted("desk.panel.chosen", selection.size) : fileName(photo);
    this.root.querySelector("#reason").textContent = photo.reason;
    this.flags.forEach((button, at) => press(button, (marks.flag ?? "none") === FLAGS[at][0], marks.by.flag));
    this.stars.forEach((button, at) => {
      press(button, marks.stars === at + 1, marks.by.stars);
      button.classList.toggle("is-filled", marks.stars > at);
    });
    this.labels.forEach((button, at) => press(button, marks.label === LABELS[at][0], marks.by.label));
    const accept = this.root.querySelector("#accept");
    const left = this.shoot.shownOf(photo.group).filter(acceptance).length;
    accept.firstElementChild.textContent = this.#acceptWords(photo.group, left);
    accept.classList.toggle("is-done", !left);
    accept.title = groupWords(photo.group);
    this.root.querySelector("#facts").replaceChildren(...facts(photo));
  }

  /** Return what accepting a group now means; photos that the filter hides are not accepted. */
  #acceptWords(group, left) {
    const { photos } = group;
    if (this.shoot.shownOf(group).length < photos.length) {
      return left ? counted("desk.panel.accept_shown", left) : say("desk.panel.accept.none_shown");
    }
    const isBegun = photos.some(({ marks: { by } }) => by.flag !== "critic" || by.stars !== "critic");
    return say(`desk.panel.accept.${left ? (isBegun ? "rest" : "all") : "none"}`);
  }
}

function press(button, isPressed, by) {
  button.setAttribute("aria-pressed", String(isPressed));
  button.classList.toggle("is-proposed", by === "critic");
}

/** Return whether a person gave a photo just so many stars; the button then takes them away. */
function isGiven({ marks }, count) {
  return marks.stars === count && marks.by.stars !== "critic";
}

function facts(photo) {
  const { marks, proposed, said } = photo;
  const critic = { flag: "critic", stars: "critic", label: "critic" };
  const own = FIELDS.filter(field => marks.by[field] === "you");
  const inFile = FIELDS.filter(field => said[field] !== null);
  const size = [photo.width, photo.height].map(side => side.toLocaleString("en")).join(" × ");
  const folder = photo.name.slice(0, -fileName(photo).length - 1);
  return [
    fact("critic", marksLine({ ...proposed, by: critic }), unseen(valueWords(proposed, FIELDS, "proposed"))),
    fact("you", own.length ? valueWords(marks, own, "own") : say("desk.facts.not_yet")),
    fact("file", valueWords(said, inFile, "own")),
    fact("score", scoreWords(photo)),
    fact("shot", photo.shot.map(words => words.replaceAll(" ", "\u00a0")).join(" · ")),
    fact("files", photo.files.join(", "), element("br"), `${size} px`),
    fact("folder", folder),
    fact("copy", photo.copy_of ?? ""),
  ].flat();
}

/** Return a row of the facts, or nothing if there is nothing to say. */
function fact(name, ...shown) {
  return shown.some(Boolean) ? [element("dt", {}, say(`desk.facts.${name}`)), element("dd", {}, ...shown)] : [];
}

function unseen(words) {
  return element("span", { class: "unseen" }, words);
}

function scoreWords({ score, quality }) {
  if (quality === null) return String(Math.round(score));
  return say("desk.facts.score_quality", { score: Math.round(score), quality: Math.round(quality) });
}
