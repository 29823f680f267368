/* The groups as filmstrips. Only what is near the part in sight is in the page; the current photo always is, so that
   screen readers find it. */

import { element } from "../element.js";
import { say } from "../words.js";
import { firstBelow, layoutOf, spotIn } from "./layout.js";
import { flagMark, labelMark, qualityMark, scoreMark, starsMark } from "./marks.js";
import { fileName, groupWords, kindWords, photoWords, timeWords } from "./phrases.js";
import { isSettled } from "./shoot.js";

const AHEAD_PX = 700; // made ready above and below what is in sight
const MARGIN_PX = 24; // kept between the current photo and the edge

/** The virtual list of groups in a grid that scrolls within its parent. */
export class Strips {
  #layout = null;
  #places = new Map(); // group → its place
  #groups = new Map(); // group → {row, head} in the page
  #frames = new Map(); // photo → its element in the page
  #isDue = false;
  #left_px = 0; // how far it was scrolled when it was hidden
  #last = { current: null, selection: new Set() };

  /** @param {HTMLElement} grid @param {HTMLElement} scroller @param {Shoot} shoot @param {(group) => void} accept */
  constructor(grid, scroller, shoot, accept) {
    Object.assign(this, { grid, scroller, shoot, accept });
    scroller.addEventListener("scroll", () => this.#draw(), { passive: true });
    new ResizeObserver(() => { if (scroller.clientWidth) this.lay(); }).observe(scroller);
    shoot.addEventListener("shown", () => this.lay());
    shoot.addEventListener("marks", ({ detail }) => this.#mark(detail.photos));
    shoot.addEventListener("current", () => this.#point());
  }

  /** Work out where everything stands, with the current photo where it was in sight. */
  lay() {
    const before_px = this.#layout && this.#top(this.shoot.current);
    const width_px = this.grid.clientWidth;
    if (!width_px) return;
    this.#layout = layoutOf(this.shoot.shownGroups, width_px);
    this.#places = new Map(this.#layout.places.map(place => [place.group, place]));
    this.#groups.clear();
    this.#frames.clear();
    this.grid.replaceChildren();
    this.grid.style.height = `${this.#layout.height_px}px`;
    this.grid.style.setProperty("--frame", `${this.#layout.frame_px}px`);
    this.grid.style.setProperty("--picture", `${this.#layout.picture_px}px`);
    this.grid.setAttribute("aria-rowcount", this.shoot.shownGroups.length);
    const after_px = this.#top(this.shoot.current);
    if (before_px !== null && after_px !== null) this.scroller.scrollTop += after_px - before_px;
    this.#drawNow();
    this.#point(false);
  }

  /** Make room for another view, or come back to where it was. */
  hide(isHidden) {
    if (isHidden && !this.scroller.hidden) this.#left_px = this.scroller.scrollTop;
    this.scroller.hidden = isHidden;
    if (isHidden) return;
    this.scroller.scrollTop = this.#left_px; // which the browser forgets
    this.lay();
    this.reveal();
  }

  /** Bring the current photo into sight. @param {boolean} isCentred In the middle, as after a reload. */
  reveal(isCentred = false) {
    const photo = this.shoot.current;
    const place = photo && this.#places.get(photo.group);
    if (!place) return;
    const spot = spotIn(this.#layout, place, place.photos.indexOf(photo));
    const isFirstLine = spot.y === this.#layout.head_px;
    const top = this.grid.offsetTop + place.y + (isFirstLine ? 0 : spot.y) - MARGIN_PX;
    const bottom = this.grid.offsetTop + place.y + spot.y + this.#layout.frameHeight_px + MARGIN_PX;
    const { scrollTop, clientHeight } = this.scroller;
    if (isCentred) this.scroller.scrollTop = (top + bottom - clientHeight) / 2;
    else if (top < scrollTop) this.scroller.scrollTop = this.shoot.shown[0]?.group === photo.group ? 0 : top;
    else if (bottom > scrollTop + clientHeight) this.scroller.scrollTop = bottom - clientHeight;
    this.#drawNow();
  }

  /** Return the photo about a window's height away, for Page Up and Page Down. */
  pageAway(direction) {
    const place = this.#places.get(this.shoot.current.group);
    const wanted = place.y + direction * this.scroller.clientHeight * 0.9;
    const { places } = this.#layout;
    const at = Math.min(places.length - 1, Math.max(0, firstBelow(places, wanted)));
    return places[at].photos[0];
  }

  /** Return the photo whose frame an element is in, or undefined. */
  photoAt(inside) {
    return this.shoot.byId.get(inside.closest(".frame")?.dataset.id);
  }

  #top(photo) {
    const place = photo && this.#places.get(photo.group);
    return place ? place.y : null;
  }

  #draw() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      if (this.#layout && !this.scroller.hidden) this.#drawNow();
    });
  }

  #drawNow() {
    const { places, linePitch_px, head_px, picture_px } = this.#layout;
    const from = this.scroller.scrollTop - this.grid.offsetTop - AHEAD_PX;
    const to = from + this.scroller.clientHeight + 2 * AHEAD_PX;
    const wanted = new Map(); // group → photos
    for (let at = firstBelow(places, from); at < places.length && places[at].y < to; at += 1) {
      const place = places[at];
      const first = Math.max(0, Math.floor((from - place.y - head_px - picture_px) / linePitch_px)) * place.columns;
      const end = Math.ceil((to - place.y) / linePitch_px) * place.columns;
      wanted.set(place, new Set(place.photos.slice(first, end)));
    }
    const { current } = this.shoot;
    const own = current && this.#places.get(current.group);
    if (own) wanted.set(own, (wanted.get(own) ?? new Set()).add(current));
    for (const [photo, frame] of this.#frames) {
      if (!wanted.get(this.#places.get(photo.group))?.has(photo)) {
        frame.querySelector("img")?.removeAttribute("src"); // so that it is no longer fetched
        frame.remove();
        this.#frames.delete(photo);
      }
    }
    for (const [group, { row }] of this.#groups) {
      if (!wanted.has(this.#places.get(group))) {
        row.remove();
        this.#groups.delete(group);
      }
    }
    let before = null;
    for (const [place, photos] of [...wanted].sort(([one], [other]) => one.at - other.at)) {
      const { row } = this.#groups.get(place.group) ?? this.#addGroup(place);
      if (before ? before.nextElementSibling !== row : this.grid.firstElementChild !== row) {
        if (before) before.after(row); // in the order of the shoot
        else this.grid.prepend(row);
      }
      before = row;
      for (const photo of photos) if (!this.#frames.has(photo)) this.#addFrame(place, photo, row);
    }
  }

  #addGroup(place) {
    const { group } = place;
    const head = element("div", { class: "head", role: "rowheader" });
    const row = element("div", {
      class: "group", role: "row", "data-group": group.number, "aria-label": groupWords(group),
      "aria-rowindex": place.at + 1,
    }, head);
    row.style.transform = `translate(${place.x}px, ${place.y}px)`;
    row.style.width = `${place.width}px`;
    row.style.height = `${place.height}px`;
    const parts = { row, head };
    this.#groups.set(group, parts);
    this.#markHead(group);
    return parts;
  }

  #markHead(group) {
    const { row, head } = this.#groups.get(group);
    const isDone = isSettled(group);
    row.classList.toggle("is-done", isDone);
    const state = isDone
      ? element("span", { class: "done" }, say("desk.group_done"))
      : element("button", {
        type: "button", class: "accept", tabindex: -1, title: say("desk.accept_title"),
        "aria-label": say("desk.accept_group", { number: group.number }), click: () => this.accept(group),
      }, say("desk.accept"));
    head.replaceChildren(
      element("span", { class: "number" }, String(group.number)),
      element("span", { class: "kind" }, [kindWords(group), timeWords(group)].filter(Boolean).join(" · ")),
      state,
    );
  }

  #addFrame(place, photo, row) {
    const at = place.photos.indexOf(photo);
    const { x, y } = spotIn(this.#layout, place, at);
    const image = element("img", {
      alt: "", decoding: "async", draggable: "false", src: photo.thumbnail,
      error: () => image.replaceWith(element("span", { class: "none" }, say("desk.no_thumbnail"))),
    });
    const frame = element("div", {
      class: "frame", role: "gridcell", id: `frame-${photo.id}`, "data-id": photo.id, "aria-colindex": at + 1,
    });
    frame.append(
      element("div", { class: "picture" }, image), element("div", { class: "caption" }),
      element("div", { class: "foot" }, element("span", { class: "name" }, fileName(photo)), qualityMark(photo)),
    );
    frame.style.transform = `translate(${x}px, ${y}px)`;
    this.#frames.set(photo, frame);
    this.#markFrame(photo);
    this.#pointFrame(photo);
    row.append(frame);
  }

  #markFrame(photo) {
    const frame = this.#frames.get(photo);
    const { marks } = photo;
    frame.dataset.flag = marks.flag ?? "none";
    frame.classList.toggle("is-own", marks.by.flag !== "critic");
    frame.setAttribute("aria-label", photoWords(photo));
    frame.querySelector(".caption").replaceChildren(
      flagMark(marks), starsMark(marks), labelMark(marks),
      scoreMark(photo),
    );
  }

  #mark(photos) {
    const groups = new Set();
    for (const photo of photos) {
      if (this.#frames.has(photo)) this.#markFrame(photo);
      groups.add(photo.group);
    }
    for (const group of groups) if (this.#groups.has(group)) this.#markHead(group);
  }

  /** Mark the current photo and the selection, and make sure that they are there. */
  #point(isDrawn = true) {
    const { current, selection } = this.shoot;
    if (isDrawn && this.#layout && !this.scroller.hidden && current && !this.#frames.has(current)) this.#drawNow();
    const touched = new Set([...this.#last.selection, ...selection, this.#last.current, current]);
    this.#last = { current, selection: new Set(selection) };
    for (const photo of touched) if (this.#frames.has(photo)) this.#pointFrame(photo);
    if (current) this.grid.setAttribute("aria-activedescendant", `frame-${current.id}`);
    else this.grid.removeAttribute("aria-activedescendant");
  }

  #pointFrame(photo) {
    const frame = this.#frames.get(photo);
    const { current, selection } = this.shoot;
    frame.classList.toggle("is-current", photo === current);
    frame.setAttribute("aria-selected", String(selection.has(photo)));
  }
}
