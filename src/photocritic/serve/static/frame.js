/* A frame on a photo that can be moved and resized with pointer, finger and keys. It knows nothing of ratings. */

import { say } from "./words.js";

const LEAST_PX = 64; // of the photo: of less, nothing is left to look at
const STEP = 0.01; // of the photo's longer side, for a key; with Shift five
const SETTLED_MS = 700; // after the last key

/**
 * A part of a photo, in px of it.
 * @typedef {{left: number, top: number, width: number, height: number}} Box
 */

/** Return a box moved by so many px, as far as the photo goes. */
export function moved(box, across, down, size) {
  return {
    ...box,
    left: clamp(box.left + across, 0, size.width - box.width),
    top: clamp(box.top + down, 0, size.height - box.height),
  };
}

/**
 * Return a box whose side or corner was pulled, as far as the photo goes.
 * @param {Box} box
 * @param {string} handle which side or corner: of n, s, w and e one, or two
 * @param {number} across in px @param {number} down in px
 * @param {number | null} ratio width to height, where it is to be kept
 * @param {{width: number, height: number}} size of the photo in px
 */
export function resized(box, handle, across, down, ratio, size) {
  const [x, y] = [toward(handle, "w", "e"), toward(handle, "n", "s")];
  const [right, bottom] = [box.left + box.width, box.top + box.height];
  const least = Math.min(LEAST_PX, size.width, size.height);
  const most = {
    width: room(x, box.left, size.width - right, box.width),
    height: room(y, box.top, size.height - bottom, box.height),
  };
  let width = x ? box.width + x * across : box.width;
  let height = y ? box.height + y * down : box.height;
  if (ratio) {
    if (!x) width = height * ratio;
    else if (y) width = Math.max(width, height * ratio);
    const widest = Math.min(most.width, most.height * ratio);
    width = clamp(width, Math.min(least * Math.max(ratio, 1), widest), widest);
    height = width / ratio;
  } else {
    if (x) width = clamp(width, least, most.width);
    if (y) height = clamp(height, least, most.height);
  }
  return {
    left: x < 0 ? right - width : x > 0 ? box.left : box.left + (box.width - width) / 2,
    top: y < 0 ? bottom - height : y > 0 ? box.top : box.top + (box.height - height) / 2,
    width,
    height,
  };
}

/** Return the largest box of a ratio in the middle of a photo. */
export function largest(ratio, size) {
  const width = Math.min(size.width, size.height * ratio);
  const height = width / ratio;
  return { left: (size.width - width) / 2, top: (size.height - height) / 2, width, height };
}

/** A frame in the page; tells of "settle" when a person let it go. */
export class Frame extends EventTarget {
  #root = document.getElementById("frame");
  #hole = document.querySelector("#cropper .hole");
  #inside = this.#root.querySelector(".inside");
  #picture;
  #size = { width: 1, height: 1 };
  #box = { left: 0, top: 0, width: 1, height: 1 };
  #ratio = null;
  #grip = null; // where a drag began: {x, y, box, handle}
  #timer = 0;

  /** @param {HTMLElement} picture the element that the photo fills */
  constructor(picture) {
    super();
    this.#picture = picture;
    this.#root.addEventListener("pointerdown", event => this.#grasp(event));
    this.#root.addEventListener("pointermove", event => this.#pull(event));
    for (const name of ["pointerup", "pointercancel"]) this.#root.addEventListener(name, () => this.#letGo());
    this.#root.addEventListener("keydown", event => this.#onKey(event));
  }

  get box() {
    return this.#box;
  }

  /** What is in the frame, in whole px of the photo. */
  get pixels() {
    const size = this.#size;
    const [width, height] = [this.#box.width, this.#box.height].map(px => Math.max(Math.round(px), 1));
    const left = Math.min(Math.round(this.#box.left), size.width - width);
    const top = Math.min(Math.round(this.#box.top), size.height - height);
    return { left, top, width, height };
  }

  /** Whether the frame holds the whole photo. */
  get isWhole() {
    return this.#box.width >= this.#size.width - 1 && this.#box.height >= this.#size.height - 1;
  }

  /** Put the frame on a photo of this size, in px; `ratio` is kept while it is resized, null: any. */
  put(box, ratio, size) {
    this.leave();
    this.#size = size;
    this.#ratio = ratio;
    this.#draw(box);
  }

  /** Forget what a person is doing with it. */
  leave() {
    clearTimeout(this.#timer);
    this.#grip = null;
    this.#root.classList.remove("held");
  }

  #draw(box) {
    this.#box = box;
    const { width, height } = this.#size;
    for (const element of [this.#root, this.#hole]) {
      element.style.left = `${(100 * box.left) / width}%`;
      element.style.top = `${(100 * box.top) / height}%`;
      element.style.width = `${(100 * box.width) / width}%`;
      element.style.height = `${(100 * box.height) / height}%`;
    }
    const words = this.pixels;
    this.#inside.setAttribute("aria-label", say("page.frame_is", words));
    for (const corner of this.#root.querySelectorAll(".corner")) {
      const name = say(`page.corners.${corner.dataset.handle}`);
      corner.setAttribute("aria-label", say("page.corner", { corner: name, ...words }));
    }
  }

  #grasp(event) {
    if (event.button) return;
    const { handle } = event.target.dataset;
    this.#grip = { x: event.clientX, y: event.clientY, box: this.#box, handle };
    this.#root.setPointerCapture(event.pointerId);
    this.#root.classList.add("held");
    (event.target.closest("button") ?? this.#inside).focus({ preventScroll: true });
    event.preventDefault();
  }

  #pull(event) {
    if (!this.#grip) return;
    const { x, y, box, handle } = this.#grip;
    const scale = this.#size.width / this.#picture.getBoundingClientRect().width;
    this.#change(box, handle, (event.clientX - x) * scale, (event.clientY - y) * scale);
  }

  #letGo() {
    if (!this.#grip) return;
    const hasMoved = this.#grip.box !== this.#box;
    this.#grip = null;
    this.#root.classList.remove("held");
    if (hasMoved) this.dispatchEvent(new Event("settle"));
  }

  #onKey(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const step = STEP * Math.max(this.#size.width, this.#size.height) * (event.shiftKey ? 5 : 1);
    this.#pullByKey(event.target.dataset.handle, way[0] * step, way[1] * step);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.dispatchEvent(new Event("settle")), SETTLED_MS);
  }

  /** With a ratio to keep, a key across or down pulls a corner along, not only outward. */
  #pullByKey(handle, across, down) {
    if (handle && this.#ratio) {
      const [x, y] = [toward(handle, "w", "e"), toward(handle, "n", "s")];
      const wider = across ? x * across : y * down * this.#ratio;
      this.#change(this.#box, handle, x * wider, (y * wider) / this.#ratio);
    } else {
      this.#change(this.#box, handle, across, down);
    }
  }

  #change(box, handle, across, down) {
    const size = this.#size;
    this.#draw(handle ? resized(box, handle, across, down, this.#ratio, size) : moved(box, across, down, size));
  }
}

/** Return how long a side can become that is pulled toward -1 or 1, or grows evenly (0), with so much room around. */
function room(toward, before, after, length) {
  return length + (toward < 0 ? before : toward > 0 ? after : 2 * Math.min(before, after));
}

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

/** Return -1 where a handle pulls toward the first side, 1 toward the second, 0 toward neither. */
const toward = (handle, first, second) => (handle.includes(first) ? -1 : handle.includes(second) ? 1 : 0);
