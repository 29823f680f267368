/* The photos of this page, and how they are judged: each by itself, a few at a time. Nothing is drawn here. */

import { connection, rate } from "./critic.js";

const IN_FLIGHT = 4;

/**
 * A photo of this page.
 * @typedef {{id: string, file: File, name: string, state: "waiting" | "judged" | "failed", row: object | null,
 *   reason: string, canRetry: boolean}} Photo
 */

/** All photos of the page; tells of "change" when one came, was judged, failed or went. */
export class Judging extends EventTarget {
  #photos = new Map(); // by id, in the order in which they came
  #flights = 0;
  #isHeld = false; // while there is no server
  #number = 0;

  constructor() {
    super();
    connection.addEventListener("lost", () => { this.#isHeld = true; });
    connection.addEventListener("refused", () => { this.#isHeld = true; });
    connection.addEventListener("found", () => { this.#isHeld = false; this.#go(); });
  }

  /** The photos that were judged, best first; of equals the earlier first. */
  get judged() {
    return this.#in("judged").sort((one, other) => other.row.score - one.row.score);
  }

  /** The photos that could not be judged. */
  get failed() {
    return this.#in("failed");
  }

  get waitingCount() {
    return this.#in("waiting").length;
  }

  get count() {
    return this.#photos.size;
  }

  get(id) {
    return this.#photos.get(id);
  }

  /** Take files in; return their photos. */
  add(files) {
    const photos = files.map(file => ({
      id: String((this.#number += 1)), file, name: file.name, state: "waiting", row: null, reason: "", canRetry: true,
    }));
    for (const photo of photos) this.#photos.set(photo.id, photo);
    this.#go();
    this.#tell();
    return photos;
  }

  retry(photo) {
    photo.state = "waiting";
    this.#go();
    this.#tell();
  }

  remove(photo) {
    this.#photos.delete(photo.id);
    this.#tell();
  }

  clear() {
    this.#photos.clear();
    this.#tell();
  }

  #in(state) {
    return [...this.#photos.values()].filter(photo => (photo.state === "flying" ? "waiting" : photo.state) === state);
  }

  #go() {
    for (const photo of this.#photos.values()) {
      if (this.#isHeld || this.#flights === IN_FLIGHT) return;
      if (photo.state === "waiting") this.#judge(photo);
    }
  }

  async #judge(photo) {
    photo.state = "flying";
    this.#flights += 1;
    try {
      photo.row = await rate(photo.file);
      photo.state = "judged";
    } catch (error) {
      const isServerGone = error.status === 0 || error.status === 401;
      photo.state = isServerGone ? "waiting" : "failed";
      photo.reason = error.message;
      photo.canRetry = error.status !== 413;
    }
    this.#flights -= 1;
    this.#go();
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
