/* One photo of the loupe: its thumbnail at once, the full picture over it when that is there, and where it lies. */

import { element } from "../element.js";
import { say } from "../words.js";
import { marksLine, qualityMark, scoreMark } from "./marks.js";
import { fileName, photoWords } from "./phrases.js";

/** A part of the stage that shows one photo. */
export class Pane {
  #full = null; // the full picture, once it is shown
  #scale = 1; // CSS px per pixel of the photo

  /** @param {Fulls} fulls */
  constructor(fulls, at) {
    this.fulls = fulls;
    this.photo = null;
    this.shift = { u: 0, v: 0 }; // how far this pane alone was moved, in parts of the photo
    this.thumbnail = element("img", { alt: "", draggable: "false" });
    this.sheet = element("div", { class: "sheet" }, this.thumbnail);
    this.state = element("span", { class: "state" });
    this.caption = element("div", { class: "caption" });
    const parts = [this.sheet, this.state, this.caption];
    this.element = element("div", { class: "pane", role: "option", id: `pane-${at}` }, ...parts);
  }

  /** Show a photo. @returns {Promise<void>} When its full picture is there, or cannot be. */
  async show(photo) {
    if (photo === this.photo) return;
    this.photo = photo;
    this.shift = { u: 0, v: 0 };
    this.#full?.remove();
    this.#full = null;
    this.element.dataset.id = photo.id;
    this.thumbnail.src = photo.thumbnail;
    this.mark();
    const { image, ready } = this.fulls.of(photo);
    const isDecoded = image.complete && image.naturalWidth > 0;
    this.state.textContent = isDecoded ? "" : say("desk.loupe.loading");
    try {
      await ready;
      if (this.photo !== photo) return;
      this.#full = image;
      this.sheet.append(image);
      this.state.textContent = "";
    } catch {
      if (this.photo === photo) this.state.textContent = say("desk.loupe.no_full");
    }
  }

  /** Show nothing any more. */
  clear() {
    this.photo = null;
    this.#full?.remove();
    this.#full = null;
    this.thumbnail.removeAttribute("src");
    delete this.element.dataset.id;
  }

  /** Draw the photo's marks as they are now. */
  mark() {
    this.element.setAttribute("aria-label", photoWords(this.photo));
    this.element.dataset.flag = this.photo.marks.flag ?? "none";
    this.caption.replaceChildren(
      element("span", { class: "name" }, fileName(this.photo)),
      marksLine(this.photo.marks),
      scoreMark(this.photo),
      qualityMark(this.photo),
    );
  }

  /** @returns {{width: number, height: number}} Of the photo, in its own pixels. */
  get size() {
    const { naturalWidth: width, naturalHeight: height } = this.#full ?? {};
    return width ? { width, height } : this.photo;
  }

  /** @returns {number} The factor at which the whole photo is seen; 1 is a device pixel per pixel of the photo. */
  get fit() {
    const { width, height } = this.size;
    return Math.min(this.element.clientWidth / width, this.element.clientHeight / height) * devicePixelRatio;
  }

  /** Lay the photo with the view's spot in the middle. @param {{factor: number|null, u: number, v: number}} view */
  lay(view) {
    const { width, height } = this.size;
    const { clientWidth, clientHeight } = this.element;
    this.#scale = (view.factor ?? this.fit) / devicePixelRatio;
    const spot = this.clamped({ u: view.u + this.shift.u, v: view.v + this.shift.v });
    const x = snapped(clientWidth / 2 - spot.u * width * this.#scale);
    const y = snapped(clientHeight / 2 - spot.v * height * this.#scale);
    this.sheet.style.width = `${width * this.#scale}px`;
    this.sheet.style.height = `${height * this.#scale}px`;
    this.sheet.style.transform = `translate(${x}px, ${y}px)`;
    this.sheet.classList.toggle("is-huge", view.factor !== null && view.factor >= 2);
  }

  /** Return a spot, in parts of the photo, moved so that no room is left empty. */
  clamped({ u, v }) {
    const { width, height } = this.size;
    const halfWidth = this.element.clientWidth / 2 / (width * this.#scale);
    const halfHeight = this.element.clientHeight / 2 / (height * this.#scale);
    return { u: within(u, halfWidth), v: within(v, halfHeight) };
  }

  /** Return which spot of the photo lies at a place of the screen, if the view's spot is in the middle. */
  spotAt(view, { clientX, clientY }) {
    const { width, height } = this.size;
    const { left, top, width: paneWidth, height: paneHeight } = this.element.getBoundingClientRect();
    const middle = this.clamped({ u: view.u + this.shift.u, v: view.v + this.shift.v });
    return {
      u: middle.u + (clientX - left - paneWidth / 2) / (width * this.#scale),
      v: middle.v + (clientY - top - paneHeight / 2) / (height * this.#scale),
    };
  }

  /** Return how far some CSS px are, in parts of the photo. */
  partOf({ x, y }) {
    const { width, height } = this.size;
    return { u: x / (width * this.#scale), v: y / (height * this.#scale) };
  }
}

function within(part, half) {
  return half >= 0.5 ? 0.5 : Math.min(1 - half, Math.max(half, part));
}

function snapped(px) {
  return Math.round(px * devicePixelRatio) / devicePixelRatio;
}
