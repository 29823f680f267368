/* One photo large, or two or four side by side, zoomed and moved together. */

import { element } from "../element.js";
import { counted, say } from "../words.js";
import { Fulls } from "./fulls.js";
import { listen } from "./gestures.js";
import { marksLine } from "./marks.js";
import { Pane } from "./pane.js";
import { photoWords } from "./phrases.js";

const MOST_FACTOR = 4; // device pixels per pixel of the photo
const ARROW_PART = 0.2; // of what is in sight, moved by a key
const COUNTS = [1, 2, 4];
const MOST_SIBLINGS = 40; // listed around the current photo

/** The large view. The pane that is active holds the shoot's current photo. */
export class Loupe {
  #fulls = new Fulls();
  #panes;
  #view = { factor: null, u: 0.5, v: 0.5 };
  #candidates = []; // the photos that may be compared
  #active = 0;
  #wanted = 1; // panes; a small group has fewer

  /** @param {Shoot} shoot @param {(photo) => void} goTo */
  constructor(shoot, goTo) {
    this.shoot = shoot;
    this.goTo = goTo;
    this.isOpen = false;
    this.count = 1; // of panes in sight
    this.root = document.getElementById("loupe");
    this.stage = document.getElementById("stage");
    this.siblings = document.getElementById("siblings");
    this.#panes = Array.from({ length: COUNTS.at(-1) }, (_none, at) => new Pane(this.#fulls, at));
    document.getElementById("pane-counts").append(...COUNTS.map(count => element("button", {
      type: "button", "data-count": count, "aria-label": counted("desk.loupe.panes", count),
      title: counted("desk.loupe.panes", count), click: () => this.open(count),
    }, element("i", { class: `grid g${count}` }))));
    new ResizeObserver(() => { if (this.isOpen) this.#lay(); }).observe(this.stage);
    shoot.addEventListener("current", () => { if (this.isOpen) this.#follow(); });
    shoot.addEventListener("marks", ({ detail }) => { if (this.isOpen) this.#mark(detail.photos); });
    listen(this.stage, {
      isZoomed: () => this.#view.factor !== null,
      drag: (event, move) => this.#drag(event, move),
      tap: (event, isZoom) => this.#tap(event, isZoom),
      swipe: (_event, step) => this.walk(step),
      zoom: (event, ratio) => this.#zoomBy(event, ratio),
    });
  }

  /** Show so many photos: the current one, and of its group the others that rank best. */
  open(count = 1) {
    this.#candidates = this.#comparable();
    if (!this.isOpen) this.#view = { factor: null, u: 0.5, v: 0.5 };
    this.isOpen = true;
    this.root.hidden = false;
    const { current } = this.shoot;
    const others = this.#candidates.filter(photo => photo !== current);
    others.sort((one, other) => one.rank - other.rank);
    const photos = [current, ...others.slice(0, count - 1)].sort((one, other) => one.at - other.at);
    this.count = photos.length;
    this.#wanted = count;
    this.#active = photos.indexOf(current);
    for (const pane of this.#panes.slice(this.count)) pane.clear();
    this.#fulls.keepOnly(photos);
    this.stage.replaceChildren(...this.#panes.slice(0, this.count).map(pane => pane.element));
    this.stage.dataset.panes = this.count;
    for (const button of document.querySelectorAll("#pane-counts button")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.count) === count));
      button.disabled = Number(button.dataset.count) > 2 && this.#candidates.length < 3;
    }
    photos.forEach((photo, at) => this.#show(at, photo));
    this.#listSiblings();
    this.#tell();
    this.#lay();
  }

  /** Compare two photos, or, if two are compared already, four. @returns {boolean} Whether there are any to compare. */
  compare() {
    if (this.#comparable().length < 2) return false;
    this.open(this.isOpen && this.count === 2 && this.#candidates.length > 2 ? 4 : 2);
    return true;
  }

  /** Close the view and let the pictures go. */
  close() {
    this.isOpen = false;
    this.root.hidden = true;
    for (const pane of this.#panes) pane.clear();
    this.#fulls.keepOnly([]);
  }

  /** Go to the photo before or after: the next pane where several are compared. */
  walk(step) {
    if (this.count > 1) {
      const at = (this.#active + step + this.count) % this.count;
      this.goTo(this.#panes[at].photo);
    } else {
      const photo = this.shoot.beside(step);
      if (photo) this.goTo(photo);
    }
  }

  /** Put another photo of the group in the active pane's place. */
  swap(step) {
    const shown = this.#shown();
    const from = this.#candidates.indexOf(this.shoot.current);
    for (let away = 1; away < this.#candidates.length; away += 1) {
      const size = this.#candidates.length;
      const photo = this.#candidates[(((from + step * away) % size) + size) % size];
      if (!shown.includes(photo)) {
        this.#place(photo);
        return;
      }
    }
  }

  /** Go between the whole photo and 100 %. @param {{clientX, clientY, target}} [event] Where; else in the middle. */
  zoom(event) {
    if (this.#view.factor !== null) this.#look({ factor: null });
    else if (event) this.#zoomTo(event, 1);
    else this.#look({ factor: 1, ...this.#panes[this.#active].clamped(this.#view) });
  }

  /** Move what is in sight by a part of it. */
  pan(across, down) {
    if (this.#view.factor === null) return;
    const pane = this.#panes[this.#active];
    const { clientWidth, clientHeight } = pane.element;
    this.#move(pane, { x: -across * clientWidth * ARROW_PART, y: -down * clientHeight * ARROW_PART });
  }

  /** @returns {boolean} Whether less than the whole photo is in sight. */
  get isZoomed() {
    return this.#view.factor !== null;
  }

  #comparable() {
    const { current, selection, shown } = this.shoot;
    if (selection.size > 1) return this.shoot.chosen();
    const group = shown.filter(photo => photo.group === current.group);
    if (group.length > 1) return group;
    return [current, this.shoot.beside(1) ?? this.shoot.beside(-1)].filter(Boolean);
  }

  #shown() {
    return this.#panes.slice(0, this.count).map(pane => pane.photo);
  }

  async #show(at, photo) {
    const pane = this.#panes[at];
    const shown = pane.show(photo);
    pane.lay(this.#view);
    await shown;
    if (!this.isOpen || pane.photo !== photo) return;
    pane.lay(this.#view);
    if (this.count === 1) for (const step of [1, -1]) this.#fetch(this.shoot.beside(step));
  }

  /** Have a photo's full picture fetched before it is wanted; whether that works is seen when it is. */
  #fetch(photo) {
    if (photo) this.#fulls.of(photo);
  }

  /** Show the photo that became the current one. */
  #follow() {
    const { current } = this.shoot;
    if (!current) return;
    const at = this.#shown().indexOf(current);
    if (this.count > 1 && at >= 0) {
      this.#active = at;
    } else if (this.count > 1) {
      this.open(this.#wanted);
      return;
    } else {
      const isOther = this.#panes[0].photo?.group !== current.group;
      this.#show(0, current);
      if (isOther) this.#candidates = this.#comparable();
    }
    this.#listSiblings();
    this.#tell();
  }

  #place(photo) {
    for (const seen of this.#shown()) this.#fulls.of(seen); // so that these are the last to be dropped
    this.#show(this.#active, photo);
    this.goTo(photo);
  }

  #mark(photos) {
    for (const pane of this.#panes.slice(0, this.count)) if (photos.has(pane.photo)) pane.mark();
    if (this.shoot.current) this.#listSiblings();
  }

  /** List what is near of the group under the stage. What is there already stays, and keeps the focus. */
  #listSiblings() {
    const { current } = this.shoot;
    const all = this.count > 1 ? this.#candidates : this.shoot.shownOf(current.group);
    const from = Math.max(0, Math.min(all.indexOf(current) - MOST_SIBLINGS / 2, all.length - MOST_SIBLINGS));
    const listed = all.length > 1 ? all.slice(from, from + MOST_SIBLINGS) : [];
    const ids = new Set(listed.map(({ id }) => id));
    for (const button of [...this.siblings.children]) if (!ids.has(button.dataset.id)) button.remove();
    const kept = new Map([...this.siblings.children].map(button => [button.dataset.id, button]));
    listed.forEach((photo, at) => {
      const button = kept.get(photo.id) ?? this.#sibling(photo);
      const there = this.siblings.children[at] ?? null;
      if (there !== button) this.siblings.insertBefore(button, there);
      this.#markSibling(button, photo);
    });
    this.siblings.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #sibling(photo) {
    return element("button", {
      type: "button", "data-id": photo.id,
      click: () => (this.count > 1 && !this.#shown().includes(photo) ? this.#place(photo) : this.goTo(photo)),
    }, element("img", { alt: "", loading: "lazy", decoding: "async", src: photo.thumbnail }), marksLine(photo.marks));
  }

  #markSibling(button, photo) {
    const isCurrent = photo === this.shoot.current;
    button.dataset.flag = photo.marks.flag ?? "none";
    button.setAttribute("aria-label", photoWords(photo));
    button.setAttribute("aria-current", String(isCurrent));
    button.tabIndex = isCurrent ? 0 : -1;
    button.classList.toggle("is-shown", this.#shown().includes(photo));
    button.lastElementChild.replaceWith(marksLine(photo.marks));
  }

  #tell() {
    const { shown, current } = this.shoot;
    const place = { at: shown.indexOf(current) + 1, of: shown.length };
    document.getElementById("place").textContent = say("desk.loupe.place", place);
    this.stage.setAttribute("aria-activedescendant", `pane-${this.#active}`);
    this.#panes.forEach((pane, at) => pane.element.setAttribute("aria-selected", String(at === this.#active)));
  }

  #lay() {
    for (const pane of this.#panes.slice(0, this.count)) if (pane.photo) pane.lay(this.#view);
    const zoom = document.getElementById("zoom");
    zoom.setAttribute("aria-pressed", String(this.isZoomed));
    zoom.firstElementChild.textContent = this.isZoomed
      ? say("desk.loupe.percent", { percent: Math.round(this.#view.factor * 100) })
      : say("desk.loupe.zoom");
    this.stage.classList.toggle("is-zoomed", this.isZoomed);
  }

  #look(change) {
    Object.assign(this.#view, change);
    this.#lay();
  }

  #paneOf(event) {
    return this.#panes.find(pane => pane.element.contains(event.target)) ?? this.#panes[this.#active];
  }

  #tap(event, isZoom) {
    const pane = this.#paneOf(event);
    if (pane.photo !== this.shoot.current) this.goTo(pane.photo);
    else if (isZoom) this.zoom(event);
  }

  #zoomBy(event, ratio) {
    const pane = this.#paneOf(event);
    const factor = Math.min(MOST_FACTOR, (this.#view.factor ?? pane.fit) * ratio);
    if (factor <= pane.fit) this.#look({ factor: null });
    else this.#zoomTo(event, factor);
  }

  /** Zoom so that what is under a place of the screen stays there. */
  #zoomTo(event, factor) {
    const pane = this.#paneOf(event);
    const spot = pane.spotAt(this.#view, event);
    this.#view.factor = factor;
    pane.lay(this.#view);
    const { left, top, width, height } = pane.element.getBoundingClientRect();
    const away = pane.partOf({ x: event.clientX - left - width / 2, y: event.clientY - top - height / 2 });
    const middle = pane.clamped({ u: spot.u - away.u, v: spot.v - away.v });
    this.#look({ u: middle.u - pane.shift.u, v: middle.v - pane.shift.v });
  }

  /** Move all photos together, or with Alt only the one under the pointer. */
  #drag(event, move) {
    const pane = this.#paneOf(event);
    if (event.altKey && this.count > 1) {
      const part = pane.partOf(move);
      pane.shift = { u: pane.shift.u - part.u, v: pane.shift.v - part.v };
      pane.lay(this.#view);
    } else {
      this.#move(pane, move);
    }
  }

  #move(pane, move) {
    const part = pane.partOf(move);
    this.#look(pane.clamped({ u: this.#view.u - part.u, v: this.#view.v - part.v }));
  }
}
