/* The page: three views (nothing yet, the wall, one photo), and how photos and people come and go between them. */

import { showAbout } from "./about.js";
import { LONG_SIDE, connection, serverLimits } from "./critic.js";
import { element } from "./element.js";
import { dropped, hasFiles, pasted, photosOf } from "./incoming.js";
import { Judging } from "./judging.js";
import { PhotoView } from "./photo.js";
import { csvOf } from "./table.js";
import { Wall } from "./wall.js";
import { counted, fill, say, words } from "./words.js";

const SHOW_MS = 400; // between two orders of the wall, so that it can be followed
const TELL_MS = 10_000; // between two words on how far we are, for those who listen
const SAVED_MS = 60_000; // by then, a file that is saved was read
const FEW = 3; // judged photos, of which all are removed without a question

const part = name => document.getElementById(name);

fill();

const judging = new Judging();
const wall = new Wall({ open: id => open(judging.get(id)), remove, retry: id => judging.retry(judging.get(id)) });
const photoView = new PhotoView({ announce, walk });
let scrolled = 0; // where the wall was left
let batch = 0; // photos that were added since all were judged
let shownAt = 0;
let showTimer = 0;
let toldAt = 0;
let liveTimer = 0;
let isGoingBack = false; // asked for, and not there yet
let isOurDrag = false; // a part of this page is dragged, not a photo from elsewhere

// ---- Photos come ----

function add({ files, passedOver }) {
  const passed = passedOver ? counted("page.others", passedOver) : "";
  part("passed").textContent = passed;
  part("notice").hidden = files.length > 0;
  part("notice").textContent = `${say("page.no_photos")} ${passed}`;
  if (!files.length) return announce(part("notice").textContent);
  const isFirst = !judging.count;
  const wasIdle = !judging.waitingCount;
  const photos = judging.add(files);
  batch = wasIdle ? photos.length : batch + photos.length;
  toldAt = performance.now();
  announce(`${counted("page.started", photos.length)} ${passed}`);
  if (photos.length === 1 && (isFirst || photoView.photo)) open(photos[0]);
  else if (view() !== "wall") toWall();
  return undefined;
}

function remove(id) {
  const photo = judging.get(id);
  if (!photo) return;
  const neighbour = photoView.photo === photo ? beside(photo, 1) ?? beside(photo, -1) : null;
  judging.remove(photo);
  announce(say("page.removed", photo));
  if (neighbour) open(neighbour);
  else if (photoView.photo === photo) toWall();
  if (!judging.count) toEmpty();
}

for (const button of ["pick", "add"]) part(button).addEventListener("click", () => part("files").click());
part("camera").addEventListener("click", () => part("shot").click());
for (const input of [part("files"), part("shot")]) {
  input.addEventListener("change", () => { add(photosOf([...input.files])); input.value = ""; });
}
document.addEventListener("paste", event => {
  if (hasFiles(event.clipboardData)) add(photosOf(pasted(event.clipboardData)));
});
document.addEventListener("dragstart", () => { isOurDrag = true; });
document.addEventListener("dragend", () => { isOurDrag = false; });
document.addEventListener("dragover", event => {
  if (!hasFiles(event.dataTransfer)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = isOurDrag ? "none" : "copy";
  document.body.classList.toggle("dragging", !isOurDrag);
});
document.addEventListener("dragleave", event => {
  if (!event.relatedTarget) document.body.classList.remove("dragging"); // it left the page, not one of its parts
});
document.addEventListener("drop", async event => {
  document.body.classList.remove("dragging");
  if (!hasFiles(event.dataTransfer)) return;
  event.preventDefault();
  if (isOurDrag) return;
  add(await dropped(event.dataTransfer));
});

// ---- Photos are judged ----

judging.addEventListener("change", () => {
  showProgress();
  const { photo } = photoView;
  if (photo?.row && part("verdict").hidden) photoView.judged();
  if (photo?.state === "failed") toWall();
  if (showTimer) return;
  showTimer = setTimeout(showWall, Math.max(0, shownAt + SHOW_MS - performance.now()));
});

function showWall() {
  showTimer = 0;
  shownAt = performance.now();
  wall.show(judging.judged, judging.failed);
  showPlace();
}

function showProgress() {
  const left = judging.waitingCount;
  batch = Math.max(batch, left);
  const [done, total] = [batch - left, batch];
  const count = say("page.judging", { done, total });
  part("progress").hidden = !left;
  part("progress").max = Math.max(total, 1);
  part("progress").value = done;
  part("progress").setAttribute("aria-label", say("page.judging_long", { done, total }));
  part("count").textContent = left ? count : judging.count ? counted("page.photos", judging.count) : "";
  document.title = left ? `${count} · ${say("page.name")}` : say("page.name");
  part("save").disabled = part("clear").disabled = !judging.count;
  if (left && performance.now() - toldAt > TELL_MS) {
    toldAt = performance.now();
    announce(say("page.judging_long", { done, total }));
  }
  if (!left && batch) tellResult();
}

function tellResult() {
  const { judged, failed } = judging;
  batch = 0;
  if (!judging.count) return;
  const sentences = [counted("page.judged", judged.length)];
  const [best] = judged;
  if (best) sentences.push(say("page.best_is", { name: best.name, score: Math.round(best.row.score) }));
  if (failed.length) sentences.push(counted("page.failed_too", failed.length));
  announce(sentences.join(" "));
}

// ---- Views ----

const view = () => document.body.dataset.view;

function show(name) {
  if (view() === "wall") scrolled = scrollY;
  document.body.dataset.view = name;
  part("notice").hidden = true;
  for (const section of ["empty", "wall", "photo"]) part(section).hidden = section !== name;
}

/** Open a photo. The browser's way back leads to the wall, not out of the page with all that is in it. */
function open(photo) {
  if (!photo) return;
  const entry = { photo: photo.id };
  if (view() === "photo") history.replaceState(entry, "");
  else history.pushState(entry, "");
  showPhoto(photo);
}

function showPhoto(photo) {
  show("photo");
  photoView.show(photo);
  showPlace();
  scrollTo(0, 0);
  part("photo-name").focus({ preventScroll: true });
}

function toWall() {
  if (isGoingBack) return;
  isGoingBack = Boolean(history.state?.photo);
  if (isGoingBack) history.back(); // and on in popstate
  else showOthers();
}

function showOthers() {
  const { photo } = photoView;
  photoView.leave();
  if (!judging.count) return toEmpty();
  show("wall");
  showWall();
  scrollTo(0, scrolled);
  if (photo) wall.focus(photo);
  if (!part("wall").contains(document.activeElement)) part("view").focus({ preventScroll: true });
  return undefined;
}

function toEmpty() {
  show("empty");
  scrolled = 0;
  part("pick").focus();
}

addEventListener("popstate", event => {
  isGoingBack = false;
  const photo = judging.get(event.state?.photo);
  if (photo) showPhoto(photo);
  else showOthers();
});

function beside(photo, step) {
  const photos = judging.judged;
  return photos[photos.indexOf(photo) + step];
}

function walk(step) {
  const { photo } = photoView;
  if (!photo) return;
  const there = beside(photo, step);
  if (there) {
    const hadFocus = document.activeElement;
    open(there);
    if (["previous", "next"].includes(hadFocus.id) && !hadFocus.disabled) hadFocus.focus();
    const { at, total } = place(there);
    announce(say("page.opened", { name: there.name, at, total, score: Math.round(there.row.score) }));
  }
}

function place(photo) {
  const photos = judging.judged;
  return { at: photos.indexOf(photo) + 1, total: photos.length };
}

function showPlace() {
  const { photo } = photoView;
  if (!photo) return;
  const { at, total } = place(photo);
  part("place").textContent = at && total > 1 ? say("page.place", { at, total }) : "";
  part("previous").disabled = at <= 1;
  part("next").disabled = !at || at === total;
  for (const button of ["previous", "next"]) part(button).hidden = total < 2;
}

part("back").addEventListener("click", toWall);
part("previous").addEventListener("click", () => walk(-1));
part("next").addEventListener("click", () => walk(1));
part("remove").addEventListener("click", () => photoView.photo && remove(photoView.photo.id));
part("clear").addEventListener("click", () => {
  if (judging.judged.length <= FEW) return clear();
  part("sure-title").textContent = counted("page.clear_sure", judging.count);
  part("sure").returnValue = "";
  return part("sure").showModal();
});
part("sure").addEventListener("close", () => part("sure").returnValue === "clear" && clear());

function clear() {
  judging.clear();
  batch = 0;
  announce(say("page.cleared"));
  toEmpty();
}

part("again-all").addEventListener("click", () => {
  for (const photo of judging.failed) if (photo.canRetry) judging.retry(photo);
});
part("save").addEventListener("click", () => {
  const table = new Blob([csvOf([...judging.judged, ...judging.failed])], { type: "text/csv" });
  const link = element("a", { href: URL.createObjectURL(table), download: say("page.table_file") });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVED_MS);
});

// ---- Keys ----

part("keys").querySelector("dl").append(...words.page.keys_list.map(([keys, what]) => {
  const caps = keys.split(" ").map(key => element("kbd", {}, key));
  return element("div", {}, element("dt", {}, ...caps), element("dd", {}, what));
}));
part("show-keys").addEventListener("click", () => part("keys").showModal());
part("show-about").addEventListener("click", showAbout);

document.addEventListener("keydown", event => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  const { key, target } = event;
  const isField = target.matches("input, select, [role=tab], .scroll");
  if (key === "?") part("keys").showModal();
  else if (key === "+") part("files").click();
  else if (view() === "wall" && /^Arrow|^Home$|^End$/.test(key) && target === part("view")) focusFirst();
  else if (view() !== "photo") return;
  else if (key === "Escape") toWall();
  else if (key === "ArrowLeft" && !isField) walk(-1);
  else if (key === "ArrowRight" && !isField) walk(1);
  else if (/^(Delete|Backspace)$/.test(key) && photoView.photo) remove(photoView.photo.id);
  else if (!photoView.chooseNumber(Number(key) - 1)) return;
  event.preventDefault();
});

function focusFirst() {
  part("tiles").querySelector("[tabindex='0']")?.focus();
}

// ---- The server ----

function trouble(words) {
  part("trouble").hidden = !words;
  part("trouble").firstElementChild.textContent = words;
}

connection.addEventListener("lost", () => trouble(`${say("server.lost")} ${say("page.waiting_server")}`));
connection.addEventListener("refused", () => trouble(say("server.refused")));
connection.addEventListener("found", () => { trouble(""); promise(); });

async function promise() {
  try {
    const { is_local: isLocal } = await serverLimits();
    part("promise").textContent = isLocal ? say("page.stays") : say("page.travels", { px: LONG_SIDE });
  } catch (error) {
    if (error.status > 0 && error.status !== 401) trouble(error.message); // else it is said already
  }
}

/** Tell those who listen; the same words twice are told twice. */
function announce(what) {
  part("live").textContent = "";
  clearTimeout(liveTimer);
  liveTimer = setTimeout(() => { part("live").textContent = what; }, 60);
}

addEventListener("beforeunload", event => {
  if (judging.judged.length) event.preventDefault(); // the browser asks whether all that is to be lost
});
history.replaceState(null, "");
showProgress();
promise();
