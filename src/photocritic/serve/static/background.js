/* Work on pictures, done in a thread of its own, one after another: each needs all its pixels in memory. */

import { Problem } from "./api.js";
import { jpegOf } from "./encode.js";
import { shrunk } from "./shrink.js";
import { say } from "./words.js";

const JOBS = { shrunk, jpegOf };
const UNDONE = -1; // the status of a Problem that is not the server's

let worker = null;
let number = 0;
const waiting = new Map(); // number of the job → what to do with its answer

/** Return a photo made smaller, as `shrunk` does. */
export const shrunkAside = (photo, longSide) => job("shrunk", [photo, longSide]);

/** Return a picture as a JPEG, as `jpegOf` does; the picture is used up. */
export const jpegAside = (picture, form) => job("jpegOf", [picture, form], [picture]);

function job(name, values, transferred = []) {
  if (!("OffscreenCanvas" in globalThis)) return JOBS[name](...values).catch(() => { throw undone(); });
  worker ??= started();
  return new Promise((resolve, reject) => {
    waiting.set((number += 1), { resolve, reject });
    worker.postMessage({ number, name, values }, transferred);
  });
}

function started() {
  const made = new Worker(new URL("./background_worker.js", import.meta.url), { type: "module" });
  made.addEventListener("message", ({ data: { number: which, isDone, value } }) => {
    const { resolve, reject } = waiting.get(which);
    waiting.delete(which);
    if (isDone) resolve(value);
    else reject(undone());
  });
  made.addEventListener("error", stopped);
  return made;
}

/** Give up what the thread did not do; the next job starts another. */
function stopped() {
  worker.terminate();
  worker = null;
  for (const { reject } of waiting.values()) reject(undone());
  waiting.clear();
}

const undone = () => new Problem(say("page.undone"), UNDONE);
