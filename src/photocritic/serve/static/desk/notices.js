/* What went wrong and must not be missed: it stays until a person closes it. */

import { element } from "../element.js";

/** The notices over the photos. */
export class Notices {
  /** @param {HTMLElement} root With a place for words, and a button that closes it. */
  constructor(root) {
    this.root = root;
    this.words = root.querySelector(".words");
    root.querySelector("button").addEventListener("click", () => this.close());
  }

  /** Add some words, unless they stand there already. */
  tell(text) {
    this.root.hidden = false;
    const isThere = [...this.words.children].some(line => line.textContent === text);
    if (!isThere) this.words.append(element("p", {}, text));
  }

  /** Take all away. */
  close() {
    this.root.hidden = true;
    this.words.replaceChildren();
    for (const id of ["strips", "stage"]) document.getElementById(id).focus({ preventScroll: true }); // one is hidden
  }
}
