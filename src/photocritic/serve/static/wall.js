/* The wall: photos from best to worst, which find their places anew as results arrive, and below them what failed. */

import { element } from "./element.js";
import { say } from "./words.js";

const MOVE = { duration: 420, easing: "cubic-bezier(.2, .7, .2, 1)" };
const RATIOS = [0.5, 2.4]; // width to height of a tile; what is narrower or wider stands in it with room around
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

export class Wall {
  #list = document.getElementById("tiles");
  #failures = document.getElementById("failures");
  #tiles = new Map(); // photo id → its li
  #actions;
  #current = null; // the li that the Tab key reaches

  /** @param {{open, remove, retry, announce}} actions what a person can do with a photo */
  constructor(actions) {
    this.#actions = actions;
    this.#list.addEventListener("click", event => this.#withPhoto(event, actions.open));
    this.#list.addEventListener("focusin", event => this.#reach(event.target.closest("li")));
    this.#list.addEventListener("keydown", event => this.#onKey(event));
  }

  /** Show these photos, in this order, and those that failed. */
  show(photos, failed) {
    const before = this.#places();
    const items = photos.map(photo => this.#tiles.get(photo.id) ?? this.#tile(photo));
    const isGone = new Set(this.#tiles.values());
    for (const item of items) isGone.delete(item);
    for (const item of isGone) this.#drop(item);
    arrange(this.#list, items);
    if (!this.#list.contains(this.#current)) this.#reach(items[0] ?? null);
    this.#move(before);
    this.#showFailed(failed);
  }

  /** Focus a photo's tile, if it is there, without a jump of the page. */
  focus(photo) {
    const tile = this.#tiles.get(photo.id)?.firstElementChild;
    tile?.focus({ preventScroll: true });
    tile?.scrollIntoView({ block: "nearest" });
  }

  #tile(photo) {
    const { row, name } = photo;
    const ratio = Math.min(Math.max(row.width / row.height, RATIOS[0]), RATIOS[1]);
    const item = element("li", { "data-photo": photo.id },
      element("button", { type: "button", class: "tile", tabindex: -1, title: name },
        element("img", { src: row.thumbnail ?? "data:,", alt: "", decoding: "async" }),
        element("span", { class: "caption" },
          element("span", { class: "unseen" }, `${say("page.score_of")} `),
          element("b", {}, String(Math.round(row.score))),
          " ",
          element("span", { class: "name" }, name))));
    item.style.setProperty("--ratio", ratio.toFixed(4));
    this.#tiles.set(photo.id, item);
    return item;
  }

  /** Take a tile away; the focus goes on to the next one, else to the last. */
  #drop(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    const hadFocus = item.contains(document.activeElement);
    item.remove();
    this.#tiles.delete(item.dataset.photo);
    if (hadFocus) next?.firstElementChild.focus({ preventScroll: true });
  }

  #reach(item) {
    this.#current?.firstElementChild.setAttribute("tabindex", "-1");
    item?.firstElementChild.setAttribute("tabindex", "0");
    this.#current = item;
  }

  #places() {
    return new Map([...this.#tiles.values()].map(item => [item, item.getBoundingClientRect()]));
  }

  /** Let each tile that is seen go from where it was to where it is. */
  #move(before) {
    if (isCalm.matches || !this.#list.offsetParent) return;
    const isSeen = box => box.bottom > 0 && box.top < innerHeight;
    for (const item of this.#tiles.values()) item.getAnimations().forEach(animation => animation.cancel());
    for (const item of this.#tiles.values()) {
      const [from, to] = [before.get(item), item.getBoundingClientRect()];
      if (!from) {
        if (isSeen(to)) item.animate([{ opacity: 0, transform: "scale(.94)" }, {}], MOVE);
      } else if ((from.left !== to.left || from.top !== to.top) && (isSeen(from) || isSeen(to))) {
        item.animate([{ transform: `translate(${from.left - to.left}px, ${from.top - to.top}px)` }, {}], MOVE);
      }
    }
  }

  #withPhoto(event, action) {
    const item = event.target.closest("li");
    if (item) action(item.dataset.photo);
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const item = event.target.closest("li");
    if (event.key === "Delete" || event.key === "Backspace") {
      this.#actions.remove(item.dataset.photo);
    } else {
      const ways = {
        ArrowLeft: () => item.previousElementSibling,
        ArrowRight: () => item.nextElementSibling,
        ArrowUp: () => besideRow(item, -1),
        ArrowDown: () => besideRow(item, 1),
        Home: () => this.#list.firstElementChild,
        End: () => this.#list.lastElementChild,
      };
      if (!ways[event.key]) return;
      ways[event.key]()?.firstElementChild.focus();
    }
    event.preventDefault();
  }

  #showFailed(failed) {
    const shown = [...this.#failures.children].map(item => item.dataset.photo);
    if (shown.join() === failed.map(photo => photo.id).join()) return;
    document.getElementById("failed").hidden = !failed.length;
    document.getElementById("again-all").hidden = failed.filter(photo => photo.canRetry).length < 2;
    const hadFocus = this.#failures.contains(document.activeElement);
    this.#failures.replaceChildren(...failed.map(photo => element("li", { "data-photo": photo.id },
      element("p", {}, element("b", {}, photo.name), element("span", {}, photo.reason)),
      ...(photo.canRetry ? [this.#button("again", photo, this.#actions.retry)] : []),
      this.#button("remove", photo, this.#actions.remove))));
    if (hadFocus) (this.#failures.querySelector("button") ?? document.getElementById("view")).focus();
  }

  #button(words, photo, action) {
    const label = say(`page.${words}_one`, { name: photo.name });
    const attributes = { type: "button", "aria-label": label, click: () => action(photo.id) };
    return element("button", attributes, say(`page.${words}`));
  }
}

/** Put items into a list in this order. The one with the focus stays where it is, and the others go around it. */
function arrange(list, items) {
  let next = null;
  for (const item of [...items].reverse()) {
    const isThere = item.parentNode === list && item.nextElementSibling === next;
    if (!isThere && !item.contains(document.activeElement)) list.insertBefore(item, next);
    next = item;
  }
}

/** Return the item of the row above (-1) or below (1) that is nearest to one. */
function besideRow(item, step) {
  const middle = each => each.offsetLeft + each.offsetWidth / 2;
  const sibling = step < 0 ? "previousElementSibling" : "nextElementSibling";
  let [found, least, row] = [null, Infinity, null];
  for (let other = item[sibling]; other; other = other[sibling]) {
    if (other.offsetTop === item.offsetTop) continue;
    row ??= other.offsetTop;
    if (other.offsetTop !== row) break;
    const distance = Math.abs(middle(other) - middle(item));
    if (distance < least) [found, least] = [other, distance];
  }
  return found;
}
