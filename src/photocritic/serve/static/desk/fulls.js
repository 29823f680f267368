/* The photos at full size, fetched when they are wanted. A browser needs four bytes for each of their pixels, so only
   the few that were wanted last are kept. */

const MOST = 6;

/** Full pictures by photo, the one wanted last at the end. */
export class Fulls {
  #kept = new Map(); // photo → {image, ready}

  /**
   * Return a photo's full picture.
   * @param {object} photo
   * @returns {{image: HTMLImageElement, ready: Promise<void>}} Ready when it can be shown at once; else it rejects.
   */
  of(photo) {
    const kept = this.#kept.get(photo) ?? fetched(photo);
    this.#kept.delete(photo);
    this.#kept.set(photo, kept);
    for (const oldest of [...this.#kept.keys()].slice(0, -MOST)) this.#drop(oldest);
    kept.ready.catch(() => this.#drop(photo, kept));
    return kept;
  }

  /** Drop all but those of some photos, so that the browser can use their memory. */
  keepOnly(photos) {
    for (const photo of [...this.#kept.keys()]) if (!photos.includes(photo)) this.#drop(photo);
  }

  #drop(photo, only = this.#kept.get(photo)) {
    if (this.#kept.get(photo) !== only) return;
    this.#kept.delete(photo);
    only.image.remove();
    only.image.removeAttribute("src");
  }
}

function fetched(photo) {
  const image = new Image();
  image.alt = "";
  image.draggable = false;
  image.decoding = "async";
  image.src = photo.full;
  return { image, ready: image.decode() };
}
