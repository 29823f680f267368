/* Asking the server that this page came from. What it refuses is a Problem, with words for a person. */

import { say } from "./words.js";

const RETRIES = 40; // of a server that is busy, before we give up
const PAUSE_S = 2; // where it does not say how long

/** What went wrong: the server's own words, and its HTTP status; 0 where there was no answer at all. */
export class Problem extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status) {
    super(message);
    this.name = "Problem";
    this.status = status;
  }
}

/** Return the answer to a request, a Response that is ok; while the server is busy, wait as long as it says. */
export async function request(path, options = {}) {
  for (let tries = 1; ; tries += 1) {
    const response = await answer(path, options);
    if (response.ok) return response;
    if (response.status !== 503 || tries === RETRIES) throw await problemOf(response);
    await pause(Number(response.headers.get("Retry-After")) || PAUSE_S, options.signal);
  }
}

/** Return the JSON that a request is answered with. */
export async function ask(path, options = {}) {
  const response = await request(path, options);
  return response.json().catch(error => { throw asProblem(error, "server.lost"); });
}

/** Send a value as JSON; return the JSON that it is answered with. */
export function send(path, value, options = {}) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(value), ...options });
}

/** Wait so many seconds, unless it is called off. */
export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}

async function answer(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    throw asProblem(error, "server.lost");
  }
}

function asProblem(error, words) {
  return error.name === "AbortError" || error instanceof Problem ? error : new Problem(say(words), 0);
}

async function problemOf(response) {
  if (response.status === 401) return new Problem(say("server.refused"), 401);
  const problem = await response.json().catch(() => ({}));
  const words = problem.detail || problem.title || say("server.failed", { status: response.status });
  return new Problem(words, response.status);
}
