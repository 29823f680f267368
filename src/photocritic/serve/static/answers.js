/* What was asked about the photos that were opened last, so that coming back to one asks nothing twice. */

const KEPT = 12; // photos; each comes with some pictures of a screen's size

export class Answers {
  #photos = new Map(); // photo → {calling, answers: name → promise, done: names}

  /**
   * Return the answer to a question about a photo, asking only if it was not asked before.
   * @param {object} photo
   * @param {string} name of the question
   * @param {(signal: AbortSignal) => Promise<object>} question
   */
  ask(photo, name, question) {
    const known = this.#of(photo);
    if (!known.answers.has(name)) {
      const answer = question(known.calling.signal);
      known.answers.set(name, answer);
      answer.then(() => known.done.add(name), () => {
        if (known.answers.get(name) === answer) known.answers.delete(name); // so that it can be asked again
      });
    }
    return known.answers.get(name);
  }

  /** Call off what was asked about a photo and is not answered yet. */
  leave(photo) {
    const known = this.#photos.get(photo);
    if (!known) return;
    known.calling.abort();
    known.calling = new AbortController();
    for (const name of known.answers.keys()) if (!known.done.has(name)) known.answers.delete(name);
  }

  #of(photo) {
    const known = this.#photos.get(photo) ?? { calling: new AbortController(), answers: new Map(), done: new Set() };
    this.#photos.delete(photo);
    this.#photos.set(photo, known);
    if (this.#photos.size > KEPT) this.#photos.delete(this.#photos.keys().next().value);
    return known;
  }
}
