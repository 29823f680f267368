/* A part of the page that waits for an answer: it says so, shows the answer, or why there is none. */

import { Problem } from "./api.js";
import { connection } from "./critic.js";
import { element } from "./element.js";
import { say } from "./words.js";

export class Section {
  #root;
  #state;
  #body;
  #turn = 0; // answers of turns before are dropped
  #again = null;

  /** @param {HTMLElement} root holds a `.state` and a `.body` */
  constructor(root) {
    this.#root = root;
    this.#state = root.querySelector(":scope > .state");
    this.#body = root.querySelector(":scope > .body");
    connection.addEventListener("found", () => this.#again?.());
  }

  /**
   * Wait for an answer and show it.
   * @param {string} words what is said meanwhile
   * @param {() => Promise<object>} ask
   * @param {(answer: object) => void} show
   */
  async load(words, ask, show) {
    const turn = (this.#turn += 1);
    this.#again = null;
    this.#root.setAttribute("aria-busy", "true");
    this.#root.dataset.state = "waiting";
    this.#body.hidden = true;
    this.#say(element("p", { class: "waiting" }, words));
    try {
      const answer = await ask();
      if (turn !== this.#turn) return;
      this.#root.dataset.state = "done";
      this.#state.hidden = true;
      this.#body.hidden = false;
      show(answer);
    } catch (error) {
      if (turn !== this.#turn) return;
      const isTold = error instanceof Problem;
      if (!isTold) console.error(error);
      const again = () => this.load(words, ask, show);
      if ([0, 401].includes(error.status)) this.#again = again;
      this.#root.dataset.state = "failed";
      this.#body.hidden = true;
      this.#say(
        element("p", { role: "alert" }, isTold ? error.message : say("page.broken")),
        element("button", { type: "button", click: again }, say("page.again")),
      );
    } finally {
      if (turn === this.#turn) this.#root.removeAttribute("aria-busy");
    }
  }

  /** Drop what is still waited for. */
  leave() {
    this.#turn += 1;
    this.#again = null;
  }

  #say(...parts) {
    this.#state.hidden = false;
    this.#state.replaceChildren(...parts);
  }
}
