/* The best crop as a frame on the photo, and what is in the frame: as a picture of its own, judged anew. */

import { jpegAside } from "./background.js";
import { crop, rate } from "./critic.js";
import { element } from "./element.js";
import { Frame, largest } from "./frame.js";
import { Section } from "./section.js";
import { say } from "./words.js";

const SHAPES = ["original", "free", "1:1", "4:5", "3:2", "16:9"];
const SIDES = ["left", "top", "width", "height"];
const LINKS = ["cut-link", "cut-save"];
const QUALITY = 0.95; // of the JPEG that is saved
const MOST_PX = 16.7e6; // more than this, some browsers' canvases do not hold

const part = name => document.getElementById(name);

export class Crop {
  #frame;
  #section = new Section(part("crop"));
  #answers;
  #announce;
  #photo = null;
  #picture; // the <img> that the frame lies on
  #shape = "original";
  #whenShown = Promise.resolve(); // the picture, so that it can be cut
  #suggested = null; // a Box in px of the picture
  #verdict = ""; // on what is suggested: the name of its words
  #calling = new AbortController();
  #address = ""; // of the cut
  #isCut = false; // whether the cut is of what is in the frame

  /** @param {HTMLImageElement} picture @param {object} answers @param {(words: string) => void} announce */
  constructor(picture, answers, announce) {
    this.#picture = picture;
    this.#answers = answers;
    this.#announce = announce;
    this.#frame = new Frame(picture);
    this.#frame.addEventListener("settle", () => { this.#tellFrame(); this.#cut(); });
    part("shapes").append(...SHAPES.map(shape => this.#choice(shape)));
    part("shapes").addEventListener("change", event => this.#ask(event.target.value));
    part("suggested").addEventListener("click", () => this.#put(this.#suggested));
    part("whole").addEventListener("click", () => this.#toWhole());
    part("cut-link").addEventListener("dragstart", event => this.#drag(event));
  }

  /** Look for the best crop of a photo; `whenShown` resolves when it can be cut. */
  show(photo, whenShown) {
    this.#photo = photo;
    this.#whenShown = whenShown;
    this.#ask(this.#shape);
  }

  /** Draw the frame over the photo, or take it away. */
  lay(isShown) {
    part("cropper").hidden = !isShown || !this.#suggested;
    if (!part("cropper").hidden && !this.#isCut) this.#cut();
  }

  leave() {
    this.#calling.abort();
    this.#section.leave();
    this.#frame.leave();
    this.#photo = this.#suggested = null;
    this.lay(false);
    this.#forget();
  }

  #ask(shape) {
    const photo = this.#photo;
    this.#shape = shape;
    if (!photo) return;
    const ask = async () => {
      const answer = await this.#answers.ask(photo, `crop ${shape}`, signal => crop(photo.file, shape, signal));
      await this.#whenShown;
      return answer;
    };
    this.#section.load(say("page.crop_waiting"), ask, answer => this.#show(answer));
  }

  #show(answer) {
    const size = this.#size;
    const scale = size.width / answer.width; // the picture may be larger or smaller than what was sent
    const [kept] = answer.kept;
    this.#suggested = kept ? Object.fromEntries(SIDES.map(side => [side, kept[side] * scale])) : whole(size);
    const isMiddle = kept && answer.middle && SIDES.every(side => kept[side] === answer.middle[side]);
    this.#verdict = !kept ? "crop_whole" : isMiddle ? "crop_middle" : "crop_better";
    part("crop-reason").textContent = answer.reason;
    part("suggested").hidden = !kept;
    part("crop").dataset.found = kept && !isMiddle ? "yes" : "no";
    part("whole-score").textContent = String(Math.round(this.#photo.row.score));
    this.#put(this.#suggested);
    this.lay(!part("crop").hidden);
    part("crop").dispatchEvent(new Event("found"));
  }

  get #size() {
    return { width: this.#picture.naturalWidth, height: this.#picture.naturalHeight };
  }

  get #ratio() {
    if (this.#shape === "free") return null;
    if (this.#shape === "original") return this.#size.width / this.#size.height;
    const [width, height] = this.#shape.split(":").map(Number);
    return width / height;
  }

  #toWhole() {
    this.#put(this.#ratio ? largest(this.#ratio, this.#size) : whole(this.#size));
  }

  #put(box) {
    this.#frame.put(box, this.#ratio, this.#size);
    this.#isCut = false;
    this.#tellFrame();
    if (!part("crop").hidden) this.#cut(); // else when it is looked at
  }

  /** Say whose frame it is; what is said of the suggested one holds for no other. */
  #tellFrame() {
    const [box, suggested] = [this.#frame.box, this.#suggested];
    const isSuggested = SIDES.every(side => Math.abs(box[side] - suggested[side]) < 1);
    const verdict = isSuggested ? this.#verdict : this.#frame.isWhole ? "crop_all" : "crop_own";
    part("crop-title").textContent = say(`page.${verdict}`);
    part("crop-reason").hidden = !isSuggested;
  }

  /** Cut out what is in the frame, show it, and have it judged. */
  async #cut() {
    this.#calling.abort();
    const { signal } = (this.#calling = new AbortController());
    const photo = this.#photo;
    if (!photo) return;
    this.#isCut = true;
    const cut = await cutOut(this.#picture, this.#frame.pixels).catch(() => null);
    if (signal.aborted) return;
    this.#forget();
    if (!cut) {
      part("cut-note").textContent = say("page.undone");
      return;
    }
    const { blob, width, height } = cut;
    this.#address = URL.createObjectURL(blob);
    const name = say("page.cut_file", { name: photo.name.replace(/\.[^.]*$/, "") });
    part("cut-picture").src = this.#address;
    part("cut-picture").alt = say("page.cut_of");
    const { isWhole } = this.#frame;
    if (!isWhole) this.#offer(name);
    part("cut-note").textContent = isWhole ? say("page.cut_whole") : say("page.cut_note", { width, height });
    await this.#judge(blob, photo, signal);
  }

  /** Let the cut be saved, and dragged out of the page. */
  #offer(name) {
    for (const link of LINKS) Object.assign(part(link), { href: this.#address, download: name });
    part("cut-save").removeAttribute("aria-disabled");
  }

  async #judge(blob, photo, signal) {
    const shown = part("cut-score");
    const before = Math.round(photo.row.score);
    let score = before;
    shown.classList.remove("better");
    if (!this.#frame.isWhole) {
      shown.textContent = say("page.judging_frame");
      try {
        score = Math.round((await rate(blob, signal)).score);
      } catch (error) {
        if (!signal.aborted) shown.textContent = error.message;
        return;
      }
    }
    shown.textContent = String(score);
    shown.classList.toggle("better", score > before);
    if (!part("crop").hidden) this.#announce(say("page.cut_judged", { score, whole: before }));
  }

  #drag(event) {
    const { href, download } = part("cut-link");
    if (!href) return event.preventDefault();
    return event.dataTransfer.setData("DownloadURL", `image/jpeg:${download}:${href}`); // a file, where it is let go
  }

  #forget() {
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = "";
    for (const link of LINKS) part(link).removeAttribute("href");
    part("cut-save").setAttribute("aria-disabled", "true");
    part("cut-picture").removeAttribute("src");
    part("cut-score").textContent = "";
  }

  #choice(shape) {
    const input = element("input", { type: "radio", name: "shape", value: shape, checked: shape === this.#shape });
    const words = shape.includes(":") ? shape : say(`page.shapes.${shape}`);
    return element("label", {}, input, element("span", {}, words));
  }
}

const whole = size => ({ left: 0, top: 0, ...size });

/** Return a part of a picture as a JPEG, in full size as far as a canvas holds it. */
async function cutOut(picture, { left, top, width, height }) {
  const cut = await createImageBitmap(picture, left, top, width, height);
  const scale = Math.min(1, Math.sqrt(MOST_PX / (width * height)));
  const form = { width: Math.round(width * scale), height: Math.round(height * scale), quality: QUALITY };
  return { blob: await jpegAside(cut, form), ...form };
}
