/* The review desk: one's shoot as filmstrips, with what the critic proposes, to be confirmed or changed by keys. */

import { ask, send } from "./api.js";
import { Bar } from "./desk/bar.js";
import { describeKeys, listenToKeys } from "./desk/keys.js";
import { Loupe } from "./desk/loupe.js";
import { Notices } from "./desk/notices.js";
import { Panel } from "./desk/panel.js";
import { decisionWords, fileName, photoWords } from "./desk/phrases.js";
import { Saving } from "./desk/saving.js";
import { acceptance, isDecided, Shoot } from "./desk/shoot.js";
import { Strips } from "./desk/strips.js";
import { Writing } from "./desk/writing.js";
import { element } from "./element.js";
import { counted, fill, say } from "./words.js";

const part = id => document.getElementById(id);

fill();
const notices = new Notices(part("notice"));
open().catch(error => notices.tell(error.message));

async function open() {
  document.body.classList.add("is-loading");
  const told = await ask("/desk/shoot").finally(() => document.body.classList.remove("is-loading"));
  document.title = say("desk.page_title", { title: told.title });
  lay(new Shoot(told), told.can_undo);
}

/** Put the desk together. */
function lay(shoot, canUndo) {
  const saving = new Saving(shoot, {
    decide: steps => send("/desk/decisions", {
      decisions: steps.map(({ photos, body }) => ({ photos: photos.map(photo => photo.id), ...body })),
    }),
    undo: () => send("/desk/undo", {}),
    look: () => ask("/desk/shoot"),
  }, canUndo);
  let pointerType = ""; // of the last press; not every browser tells it of a click
  let isLooking = false;
  const strips = new Strips(part("strips"), part("strips-view"), shoot, accept);
  const loupe = new Loupe(shoot, photo => shoot.goTo(photo));
  const writing = new Writing(shoot, saving);
  const actions = {
    walk, accept: () => accept(shoot.current?.group), flag, stars, label, compare, help, back,
    groupBefore: () => walkGroup(-1),
    groupAfter: () => walkGroup(1),
    up: () => (loupe.count > 1 ? loupe.swap(-1) : walkGroup(-1)),
    down: () => (loupe.count > 1 ? loupe.swap(1) : walkGroup(1)),
    first: () => shoot.goTo(shoot.shown[0] ?? null),
    last: () => shoot.goTo(shoot.shown.at(-1) ?? null),
    pageUp: () => pageAway(-1),
    pageDown: () => pageAway(1),
    open: () => openLoupe(1),
    zoom: () => { if (loupe.isOpen) loupe.zoom(); else if (openLoupe(1)) loupe.zoom(); },
    pan: (across, down) => loupe.pan(across, down),
    selectAll: () => shoot.selectAll(),
    undo: () => { if (saving.canUndo) saving.undo(); },
    write: () => writing.open(),
    panel: () => document.body.classList.toggle("is-plain"),
  };
  new Bar(shoot, saving);
  const panel = new Panel(shoot, actions, () => loupe.isOpen);
  listenToKeys(actions, () => loupe.isOpen);
  describe();
  listen();
  const place = readPlace(shoot);
  shoot.filterBy(place.filter);
  shoot.goTo(shoot.byId.get(place.id) ?? shoot.shown[0] ?? null);
  strips.lay();
  strips.reveal(true);
  part("strips").focus({ preventScroll: true });

  function describe() {
    const counts = shoot.counts();
    part("intro").replaceChildren(
      element("p", {}, element("b", {}, say("desk.intro.what", {
        photos: counted("desk.photos", counts.all), groups: counted("desk.groups", counts.groups),
      })), " ", say("desk.intro.proposals")),
      element("p", { class: "for-keys" }, say("desk.intro.keys")),
      element("p", { class: "for-fingers" }, say("desk.intro.fingers")),
    );
    part("legend").textContent = say("desk.legend");
    part("failures").hidden = !shoot.failures.length;
    part("failures-title").textContent = counted("desk.failures", shoot.failures.length);
    part("failures").querySelector("ul").replaceChildren(...shoot.failures.map(({ name, reason }) =>
      element("li", {}, element("b", {}, name), ` ${reason}`)));
    describeKeys(part("keys").querySelector(".tables"));
  }

  function listen() {
    part("undo").addEventListener("click", actions.undo);
    part("write").addEventListener("click", actions.write);
    part("help").addEventListener("click", help);
    part("accept").addEventListener("click", actions.accept);
    part("preview").addEventListener("click", actions.open);
    part("back").addEventListener("click", back);
    part("zoom").addEventListener("click", () => loupe.zoom());
    part("strips").addEventListener("pointerdown", event => { pointerType = event.pointerType; });
    part("strips").addEventListener("click", choose);
    shoot.addEventListener("current", () => {
      if (!loupe.isOpen) strips.reveal();
      if (loupe.isOpen && shoot.current) announce(photoWords(shoot.current));
      if (loupe.isOpen && !shoot.current) back();
      keepPlace();
    });
    shoot.addEventListener("shown", () => { part("nothing").hidden = shoot.shown.length > 0; });
    saving.addEventListener("undone", ({ detail }) => {
      if (detail.photos.length) shoot.goTo(detail.photos[0]);
      announce(detail.photos.length ? say("desk.undone", { what: wordsOf(detail.photos) }) : say("desk.undone_none"));
    });
    saving.addEventListener("refused", ({ detail }) => {
      const what = detail.photos.map(fileName).join(", ");
      const words = what ? "desk.refused" : "desk.not_undone";
      notices.tell(say(words, { what, why: detail.error.message }));
      lookAgain();
    });
    for (const type of ["focus", "visibilitychange"]) window.addEventListener(type, lookAgain);
    window.addEventListener("beforeunload", event => { if (saving.unsavedCount) event.preventDefault(); });
  }

  /** Take in what was decided elsewhere meanwhile. */
  async function lookAgain() {
    if (document.hidden || isLooking || writing.isBusy) return;
    isLooking = true;
    const isHere = await saving.refresh().catch(() => true); // a server that is away is told of when it is needed
    if (!isHere) notices.tell(say("desk.elsewhere"));
    isLooking = false;
  }

  /** Go to the photo that was clicked on; again, or with a finger, open it. */
  function choose(event) {
    const photo = strips.photoAt(event.target);
    part("strips").focus({ preventScroll: true });
    if (!photo) return;
    if (event.ctrlKey || event.metaKey) shoot.toggle(photo);
    else if (event.shiftKey) shoot.selectTo(photo);
    else if (photo === shoot.current && shoot.selection.size < 2) openLoupe(1);
    else {
      shoot.goTo(photo);
      if (pointerType === "touch") openLoupe(1);
    }
  }

  function walk(step, isSelecting = false) {
    if (!shoot.current) return;
    if (loupe.isOpen) return loupe.walk(step);
    const photo = shoot.beside(step);
    if (!photo) return;
    if (isSelecting) shoot.selectTo(photo);
    else shoot.goTo(photo);
  }

  function walkGroup(step) {
    const photo = shoot.current && shoot.besideGroup(step);
    if (photo) shoot.goTo(photo);
  }

  function pageAway(direction) {
    if (!shoot.current) return;
    if (loupe.isOpen) walkGroup(direction);
    else shoot.goTo(strips.pageAway(direction));
  }

  function flag(value, isAdvance) {
    decide(() => ({ flag: value }), isAdvance);
  }

  function stars(count, isAdvance) {
    decide(() => ({ stars: count }), isAdvance);
  }

  /** Give the label; if all have it from a person already, take it away. */
  function label(name, isAdvance) {
    const isThere = chosen().every(({ marks }) => marks.label === name && marks.by.label !== "critic");
    decide(() => ({ label: isThere ? "" : name }), isAdvance);
  }

  function decide(bodyOf, isAdvance) {
    const photos = chosen();
    if (!photos.length) return;
    const body = bodyOf();
    const others = photos.filter(photo => !isDecided(photo, body));
    if (others.length) saving.decide([{ photos: others, body }]);
    announce(wordsOf(photos));
    if (!isAdvance) return;
    if (loupe.isOpen) return loupe.walk(1);
    const next = shoot.beside(1, photos.at(-1));
    if (next) shoot.goTo(next);
  }

  /** Return the photos that are decided on: in the loupe the one that is seen, or active among several. */
  function chosen() {
    return loupe.isOpen ? [shoot.current].filter(Boolean) : shoot.chosen();
  }

  /** Make what is proposed for the photos of a group that are shown a person's own, and go to the next group. */
  function accept(group) {
    if (!group) return;
    const steps = new Map(); // photos that are given the same are sent together
    const shown = shoot.shownOf(group);
    for (const photo of shown) {
      const body = acceptance(photo);
      if (!body) continue;
      const key = JSON.stringify(body);
      steps.set(key, steps.get(key) ?? { photos: [], body });
      steps.get(key).photos.push(photo);
    }
    saving.decide([...steps.values()]);
    if (shoot.current.group !== group && shown.length) shoot.goTo(shown[0]);
    const next = shoot.besideGroup(1);
    const count = [...steps.values()].flatMap(step => step.photos).length;
    const words = count ? counted("desk.accepted", count) : say("desk.accepted_none");
    announce(next ? words : `${words} ${say("desk.last_group")}`);
    if (next) shoot.goTo(next);
  }

  function openLoupe(count) {
    if (!shoot.current) return false;
    const wasOpen = loupe.isOpen;
    document.body.classList.add("is-loupe");
    strips.hide(true);
    loupe.open(count);
    panel.draw();
    if (!wasOpen) {
      part("stage").focus({ preventScroll: true });
      announce(photoWords(shoot.current));
    }
    return true;
  }

  function compare() {
    if (!shoot.current) return;
    if (!loupe.isOpen) openLoupe(1);
    if (!loupe.compare()) announce(say("desk.loupe.nothing_to_compare"));
  }

  /** From a comparison to the strips, too: one key leads back from anywhere. */
  function back() {
    if (!loupe.isOpen) {
      if (shoot.selection.size > 1) shoot.goTo(shoot.current);
      return;
    }
    loupe.close();
    panel.draw();
    document.body.classList.remove("is-loupe");
    strips.hide(false);
    part("strips").focus({ preventScroll: true });
  }

  function help() {
    part("keys").showModal();
  }

  function keepPlace() {
    localStorage.setItem(placeKey(shoot), JSON.stringify({ id: shoot.current?.id, filter: shoot.filter }));
  }
}

function wordsOf(photos) {
  const first = photos.length ? decisionWords(photos[0]) : "";
  return counted("desk.changed", photos.length, { first });
}

function announce(words) {
  part("announcer").textContent = words;
}

/** Return where one was in this shoot; decisions are the server's, this is only the place. */
function readPlace(shoot) {
  const none = { filter: { pile: "all", leastStars: 0 } };
  try {
    return { ...none, ...JSON.parse(localStorage.getItem(placeKey(shoot))) };
  } catch {
    return none;
  }
}

function placeKey(shoot) {
  return `photocritic.desk.${shoot.title}`;
}
