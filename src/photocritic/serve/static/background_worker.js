/* The thread of background.js. */

import { jpegOf } from "./encode.js";
import { shrunk } from "./shrink.js";

const JOBS = { shrunk, jpegOf };
let before = Promise.resolve();

addEventListener("message", ({ data: { number, name, values } }) => {
  before = before.then(async () => {
    try {
      postMessage({ number, isDone: true, value: await JOBS[name](...values) });
    } catch {
      postMessage({ number, isDone: false });
    }
  });
});
