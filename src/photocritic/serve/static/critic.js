/* The critic as this page asks it: one photo at a time, made smaller first if it has to travel. */

import { Problem, ask } from "./api.js";
import { shrunkAside } from "./background.js";
import { say } from "./words.js";

export const LONG_SIDE = 2048; // px, of what travels to another machine
const POLL_MS = 3000;
const KEPT = 8; // photos whose smaller copies are kept, for the questions that follow
const MEGA = 1e6;

/** Tells of "lost", "found" and "refused": whether there is a server that answers us. */
export const connection = new EventTarget();

let limits = null;
let isWaiting = false; // for the server to answer us again
const copies = new Map(); // photo → its smaller copy, those that were asked for last

/** Whether the server is gone, or refuses us. */
export const isOut = () => isWaiting;

/** Return what the server takes, once it answers. */
export async function serverLimits() {
  limits ??= await watched(ask("/v1/limits"));
  return limits;
}

/** Return what the server's critics say of themselves. */
export const models = () => watched(ask("/v1/models"));

/** Return a photo's row: its figures, and a thumbnail. */
export const rate = (photo, signal) => judged("/v1/rate?thumbnails=true", photo, signal);

/** Return why a photo is rated so, by "appeal" or "quality". */
export const explain = (photo, aspect, signal) => judged(`/v1/explain?aspect=${aspect}&pictures=true`, photo, signal);

/** Return the best crop of a photo, of a shape such as "original", "free" or "4:5". */
export const crop = (photo, aspect, signal) =>
  judged(`/v1/crop?aspect=${encodeURIComponent(aspect)}&top=1`, photo, signal);

/** Return which small edits would make a photo better. */
export const advise = (photo, signal) => judged("/v1/advise?pictures=true", photo, signal);

async function judged(path, photo, signal) {
  const body = await sendable(photo);
  signal?.throwIfAborted();
  const type = /^image\//.test(body.type) ? body.type : "application/octet-stream"; // it is told by its bytes
  const [row] = await watched(ask(path, { method: "POST", headers: { "Content-Type": type }, body, signal }));
  if (row.error) throw new Problem(row.error, 200);
  return row;
}

/** Return what is sent of a photo; refuse what the server would refuse. */
async function sendable(photo) {
  if (!photo.size) throw new Problem(say("page.empty_file"), 413);
  const { is_local: isLocal, max_bytes: most } = await serverLimits();
  const body = isLocal ? photo : await smaller(photo);
  if (body.size > most) {
    const [size, allowed] = [body.size, most].map(bytes => say("page.megabytes", { size: Math.ceil(bytes / MEGA) }));
    throw new Problem(say("page.too_large", { size, most: allowed }), 413);
  }
  return body;
}

function smaller(photo) {
  const copy = copies.get(photo) ?? shrunkAside(photo, LONG_SIDE);
  copy.catch(() => { if (copies.get(photo) === copy) copies.delete(photo); }); // so that it can be tried again
  copies.delete(photo);
  copies.set(photo, copy);
  if (copies.size > KEPT) copies.delete(copies.keys().next().value);
  return copy;
}

/** Pass an answer on; where there is none, find out whether the server is gone or only this was not sent. */
async function watched(answer) {
  try {
    return await answer;
  } catch (error) {
    if (error.status === 401) wait("refused", "/v1/limits");
    if (error.status !== 0) throw error;
    if (await isOk("/healthz")) throw new Problem(say("page.unsent"), -1);
    wait("lost", "/healthz");
    throw error;
  }
}

/** Tell why nothing goes on, and ask for an address of the server until it is given. */
function wait(why, path) {
  if (isWaiting) return;
  isWaiting = true;
  connection.dispatchEvent(new Event(why));
  const look = async () => {
    if (!(await isOk(path))) return setTimeout(look, POLL_MS);
    isWaiting = false;
    limits = null; // it may be another server
    return connection.dispatchEvent(new Event("found"));
  };
  setTimeout(look, POLL_MS);
}

const isOk = path => fetch(path, { cache: "no-store" }).then(response => response.ok, () => false);
