/* Decisions on their way to the server, one after the other. What cannot be sent now waits and is sent again; what the
   server refuses is taken back in sight. Nothing is lost in silence. */

import { pause, Problem } from "../api.js";
import { say } from "../words.js";

const WAITS_S = [1, 2, 4, 8]; // before a request that found no server is sent again
const PASSING = new Set([401, 409, 429]); // no key yet, or busy with something else

/** A queue of requests. Events: "saving" when its state changed, "undone" with photos, "refused" with the error. */
export class Saving extends EventTarget {
  #queue = [];
  #isRunning = false;
  #waiting = []; // who wants to know when all is saved
  #count = 0; // of requests so far

  /** @param {Shoot} shoot @param {object} server With decide(steps), undo() and look(). @param {boolean} canUndo */
  constructor(shoot, server, canUndo) {
    super();
    this.shoot = shoot;
    this.server = server;
    this.canUndo = canUndo;
    this.problem = null; // why the first request waits
  }

  /** @returns {number} Requests that the server has not answered yet. */
  get unsavedCount() {
    return this.#queue.length;
  }

  /** Save one decision, of one or several steps {photos, body}, that one undo takes back. */
  decide(steps) {
    if (!steps.length) return;
    this.shoot.expect(steps);
    this.canUndo = true;
    this.#add({ steps, isUndo: false, isSent: false });
  }

  /** Take back the last decision: out of the queue while it was never sent, else by the server. */
  undo() {
    const last = this.#queue.at(-1);
    if (last && !last.isUndo && !last.isSent) {
      this.#queue.pop();
      this.shoot.forget(last.steps);
      this.#tell("undone", { photos: photosOf(last) });
      this.#changed();
      return;
    }
    this.#add({ steps: [], isUndo: true, isSent: false });
  }

  /**
   * Learn what other desks decided and what files say, unless something of this desk is on its way.
   * @returns {Promise<boolean>} False if the server has another shoot now.
   */
  async refresh() {
    const count = this.#count;
    if (this.#queue.length) return true;
    const told = await this.server.look();
    if (!this.shoot.isOf(told)) return false;
    if (this.#count !== count) return true; // it is older than what was decided since
    this.canUndo = told.can_undo;
    this.shoot.refresh(told);
    this.#changed();
    return true;
  }

  /** Return when everything is saved, or after some seconds. @returns {Promise<boolean>} Whether it is. */
  async settled(limit_s = 5) {
    if (!this.#queue.length) return true;
    return Promise.race([
      new Promise(resolve => { this.#waiting.push(() => resolve(true)); }),
      new Promise(resolve => { setTimeout(resolve, 1000 * limit_s, false); }),
    ]);
  }

  #add(request) {
    this.#count += 1;
    this.#queue.push(request);
    this.#run();
  }

  async #run() {
    this.#changed();
    if (this.#isRunning) return;
    this.#isRunning = true;
    let failures = 0;
    while (this.#queue.length) {
      const request = this.#queue[0];
      try {
        request.isSent = true;
        await (request.isUndo ? this.#undone() : this.#decided(request));
        this.#queue.shift();
        this.problem = null;
        failures = 0;
      } catch (error) {
        const isMissed = !isPassing(error, request) && !request.isUndo && await this.#isElsewhere();
        if (isMissed || isPassing(error, request)) {
          if (error.status) request.isSent = false; // it was answered, and not taken
          this.problem = isMissed ? new Problem(say("desk.elsewhere"), error.status) : error;
          this.#changed();
          await pause(WAITS_S[Math.min(failures, WAITS_S.length - 1)]);
          failures += 1;
        } else {
          this.#queue.splice(this.#queue.indexOf(request), 1);
          this.shoot.forget(request.steps);
          this.problem = null;
          this.#tell("refused", { error, photos: photosOf(request) });
        }
      }
      this.#changed();
    }
    this.#isRunning = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Return whether the server that answers is not, or no longer, that of this shoot. */
  async #isElsewhere() {
    return this.server.look().then(told => !this.shoot.isOf(told), () => true);
  }

  async #decided({ steps }) {
    const answer = await this.server.decide(steps);
    this.canUndo = answer.can_undo;
    this.shoot.confirm(answer.photos, steps);
  }

  async #undone() {
    const answer = await this.server.undo();
    this.canUndo = answer.can_undo;
    this.shoot.confirm(answer.photos, []);
    const photos = answer.photos.map(({ id }) => this.shoot.byId.get(id)).filter(Boolean);
    this.#tell("undone", { photos: photos.sort((one, other) => one.at - other.at) });
  }

  #changed() {
    this.dispatchEvent(new Event("saving"));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Return whether sending again later may help. An undo without an answer may have happened, and is not sent again. */
function isPassing(error, request) {
  if (!error.status) return !request.isUndo;
  return PASSING.has(error.status) || error.status >= 500;
}

function photosOf(request) {
  return request.steps.flatMap(step => step.photos);
}
