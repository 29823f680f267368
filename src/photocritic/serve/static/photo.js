/* One photo, large, and what the critic says of it: rating, why, crop and advice, each as soon as it is there. */

import { Advice } from "./advice.js";
import { Answers } from "./answers.js";
import { Crop } from "./crop.js";
import { advise, connection, explain, isOut, models } from "./critic.js";
import { element } from "./element.js";
import { Heat } from "./heat.js";
import { ratingOf, showRating } from "./rating.js";
import { Section } from "./section.js";
import { counted, say } from "./words.js";

const REST_MS = 250; // before anything is asked, so that walking on past photos asks nothing
const WIPE_PX = 48; // a finger's way that turns the page
const TOOLS = ["rating", "why", "crop", "advice"];

const part = name => document.getElementById(name);

export class PhotoView {
  #photo = null;
  #tool = "rating";
  #aspect = "appeal";
  #card = null; // of the critic
  #answers = new Answers();
  #why = new Section(part("why"));
  #advising = new Section(part("advice"));
  #heat = new Heat();
  #advice = new Advice();
  #crop;
  #large = part("large");
  #address = ""; // of the photo, for the browser
  #size = null; // of the photo itself, in px, where the browser can tell
  #whenShown = Promise.resolve();
  #timer = 0;
  #walk;

  /** @param {{announce: (words: string) => void, walk: (step: number) => void}} actions */
  constructor({ announce, walk }) {
    this.#walk = walk;
    this.#crop = new Crop(this.#large, this.#answers, announce);
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.choose(tab.dataset.tool));
    part("tools").addEventListener("keydown", event => this.#onTabKey(event));
    part("aspects").addEventListener("change", event => this.#chooseAspect(event.target.value));
    part("crop").addEventListener("found", () => {
      this.#badge("crop", part("crop").dataset.found === "yes" ? say("page.has_crop") : "");
    });
    part("advice").addEventListener("found", () => {
      const count = Number(part("advice").dataset.count);
      this.#badge("advice", count ? counted("page.has_advice", count) : "", count);
    });
    this.#listenToWipes();
    this.choose("rating");
    connection.addEventListener("found", () => this.#card ?? this.#learn());
    for (const news of ["lost", "refused", "found"]) connection.addEventListener(news, () => this.#showLooking());
    this.#learn();
  }

  get photo() {
    return this.#photo;
  }

  /** Show a photo; if it is not judged yet, the rest comes with `judged`. */
  show(photo) {
    this.leave();
    this.#photo = photo;
    part("photo-name").textContent = photo.name;
    part("facts").textContent = "";
    this.#load();
    this.judged();
  }

  /** Show what the critic says, once the photo is judged. */
  judged() {
    const { row } = this.#photo;
    part("looking").hidden = row !== null;
    part("verdict").hidden = row === null;
    this.#showLooking();
    if (!row) return;
    part("picture").style.backgroundImage = row.thumbnail ? `url("${row.thumbnail}")` : "";
    this.#showFacts(this.#size ?? row); // what was sent may be smaller
    this.#showRatings();
    this.#timer = setTimeout(() => this.#ask(), REST_MS);
  }

  /** Bring one of the tools to the front, and on the photo what belongs to it. */
  choose(tool) {
    this.#tool = tool;
    for (const tab of this.#tabs) {
      const isChosen = tab.dataset.tool === tool;
      tab.setAttribute("aria-selected", isChosen);
      tab.tabIndex = isChosen ? 0 : -1;
      part(tab.dataset.tool).hidden = !isChosen;
    }
    part("photo").dataset.tool = tool;
    this.#heat.lay(tool === "why");
    this.#crop.lay(tool === "crop");
    this.#advice.lay(tool === "advice");
  }

  /** Bring the tool of this number to the front, from 0; false if there is none, or nothing to see yet. */
  chooseNumber(number) {
    if (!TOOLS[number] || part("verdict").hidden) return false;
    this.choose(TOOLS[number]);
    return true;
  }

  leave() {
    clearTimeout(this.#timer);
    if (this.#photo) this.#answers.leave(this.#photo);
    this.#photo = this.#size = null;
    this.#why.leave();
    this.#advising.leave();
    for (const tool of [this.#heat, this.#crop, this.#advice]) tool.leave();
    for (const tab of this.#tabs) this.#badge(tab.dataset.tool, "");
    this.#large.removeAttribute("src");
    part("picture").style.backgroundImage = "";
    part("no-preview").hidden = true;
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = "";
  }

  get #tabs() {
    return part("tools").querySelectorAll("[role=tab]");
  }

  /** Load the photo itself; of a format that this browser does not know, the server's copy. */
  #load() {
    const photo = this.#photo;
    this.#address = URL.createObjectURL(photo.file);
    this.#large.alt = say("page.photo_of", { name: photo.name });
    this.#large.src = this.#address;
    this.#whenShown = this.#large.decode().then(
      () => {
        if (photo !== this.#photo) return;
        this.#size = { width: this.#large.naturalWidth, height: this.#large.naturalHeight };
        this.#showFacts(this.#size);
      },
      () => this.#loadCopy(photo),
    );
    this.#whenShown.catch(() => {}); // said where it is waited for
  }

  async #loadCopy(photo) {
    if (photo !== this.#photo) return;
    this.#large.removeAttribute("src");
    part("no-preview").hidden = false;
    const { photo: copy } = await this.#explained(photo, "appeal");
    if (photo !== this.#photo) return;
    part("no-preview").hidden = true;
    this.#large.src = copy;
    await this.#large.decode();
  }

  #showLooking() {
    part("looking").textContent = say(isOut() ? "page.held" : "page.looking");
  }

  #showFacts({ width, height }) {
    part("photo").style.setProperty("--ratio", width / height);
    part("photo").style.setProperty("--natural", `${width}px`);
    const size = say("page.size", { width, height });
    part("facts").textContent = [size, ...taken(this.#photo.row?.taken_at)].join(" · ");
  }

  #showRatings() {
    const photo = this.#photo;
    const hasQuality = photo.row.quality !== null;
    for (const input of part("aspects").querySelectorAll("input")) {
      input.closest("label").hidden = input.value === "quality" && !hasQuality;
      const rating = ratingOf(photo.row, input.value);
      input.closest("label").querySelector("b").textContent = rating ? String(Math.round(rating.score)) : "";
    }
    const aspect = hasQuality ? this.#aspect : "appeal";
    showRating(photo.row, aspect, this.#card?.[aspect]);
  }

  /** Learn on which scale the critic rates; until then its figures lack that only. */
  async #learn() {
    [this.#card] = await models().catch(() => [null]);
    if (this.#photo?.row) this.#showRatings();
  }

  #chooseAspect(aspect) {
    this.#aspect = aspect;
    this.#showRatings();
    this.#explain();
  }

  #ask() {
    this.#explain();
    this.#crop.show(this.#photo, this.#whenShown);
    const photo = this.#photo;
    const ask = () => this.#answers.ask(photo, "advise", signal => advise(photo.file, signal));
    const most = this.#card?.appeal.levels.at(-1) ?? photo.row.probs.length;
    this.#advising.load(say("page.advice_waiting"), ask, answer => this.#advice.show(answer, most));
  }

  #explain() {
    const photo = this.#photo;
    const aspect = photo.row.quality === null ? "appeal" : this.#aspect;
    this.#heat.leave(); // it may be of the other rating
    part("map-title").textContent = say(`page.map.${aspect}`);
    this.#why.load(say("page.why_waiting"), () => this.#explained(photo, aspect), answer => {
      this.#heat.show(answer, photo.name);
      this.#heat.lay(this.#tool === "why");
    });
  }

  #explained(photo, aspect) {
    return this.#answers.ask(photo, `explain ${aspect}`, signal => explain(photo.file, aspect, signal));
  }

  /** Tell on a tool's tab that there is something to see. */
  #badge(tool, words, figure = "") {
    const tab = part(`tab-${tool}`);
    tab.querySelector(".badge")?.remove();
    if (!words) return;
    const badge = element("span", { class: "badge" }, element("span", { class: "unseen" }, `, ${words}`));
    if (figure) badge.prepend(element("span", { "aria-hidden": "true" }, String(figure)));
    tab.append(badge);
  }

  #onTabKey(event) {
    const tabs = [...this.#tabs];
    const at = tabs.findIndex(tab => tab.dataset.tool === this.#tool);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    this.choose(tab.dataset.tool);
    tab.focus();
  }

  /** A finger that wipes across the photo turns the page, where the photo itself is not worked on. */
  #listenToWipes() {
    let from = null;
    part("stage").addEventListener("pointerdown", event => {
      const isFree = ["rating", "why"].includes(this.#tool) && visualViewport.scale < 1.05;
      from = event.pointerType === "touch" && event.isPrimary && isFree ? event : null;
    });
    part("stage").addEventListener("pointerup", event => {
      if (!from || !event.isPrimary) return;
      const [across, down] = [event.clientX - from.clientX, event.clientY - from.clientY];
      from = null;
      if (Math.abs(across) > WIPE_PX && Math.abs(across) > 2 * Math.abs(down)) this.#walk(across < 0 ? 1 : -1);
    });
  }
}

/** Return when a photo was taken, in the camera's own time, as a list of one or none. */
function taken(at) {
  if (!at) return [];
  const time = new Date(`${at.replace(/(Z|[+-]\d\d:\d\d)$/, "")}Z`);
  return [time.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" })];
}
