/* The keys, as photographers know them from Lightroom and Photo Mechanic. */

import { element } from "../element.js";
import { say } from "../words.js";

const LABELS = { 6: "Red", 7: "Yellow", 8: "Green", 9: "Blue" };

const IS_MAC = /^(Mac|iP)/.test(navigator.platform);

/** What the help shows: parts, each of rows of [keys, name of the words]. */
const HELP = {
  walk: [["← →", "walk"], ["↑ ↓ K J", "group"], ["Home End", "ends"], ["Enter Space E", "open"], ["G Esc", "back"]],
  decide: [
    ["A", "accept"], ["P", "pick"], ["X", "reject"], ["U", "unflag"], ["1 … 5, 0", "stars"], ["6 7 8 9", "label"],
    ["Shift", "advance"], ["Ctrl Z", "undo"], ["Ctrl S", "write"],
  ],
  look: [
    ["Z", "zoom"], ["Shift ← → ↑ ↓", "pan"], ["C", "compare"], ["← →", "pane"], ["↑ ↓", "swap"], ["Alt", "alone"],
    ["I", "panel"],
  ],
  choose: [["Shift ← →", "range"], ["Ctrl", "toggle"], ["Ctrl A", "all"]],
};

/** Do what keys mean. @param {object} actions What each does. @param {() => boolean} isLoupe */
export function listenToKeys(actions, isLoupe) {
  document.addEventListener("keydown", event => {
    if (event.isComposing) return;
    if (isCommand(event) && letterOf(event) === "s") event.preventDefault(); // never the browser's own, in dialogs too
    if (document.querySelector("dialog[open]")) return;
    const action = found(event, actions, isLoupe());
    if (!action) return;
    event.preventDefault();
    if (!event.repeat || /^(Arrow|Page)/.test(event.key)) action(); // a key that is held decides once
  });
}

/** Fill the help's tables. */
export function describeKeys(place) {
  place.append(...Object.entries(HELP).map(([part, rows]) => element("table", {},
    element("caption", {}, say(`desk.keys.${part}.title`)),
    element("tbody", {}, ...rows.map(([keys, name]) => element("tr", {},
      element("th", { scope: "row" }, ...keys.split(" ").flatMap(key => [keyCap(key), " "])),
      element("td", {}, say(`desk.keys.${part}.${name}`))))))));
}

function keyCap(key) {
  if (key === "…") return key;
  return element("kbd", {}, key === "Ctrl" && IS_MAC ? "⌘" : key.replace(",", ""));
}

function isCommand(event) {
  return event.ctrlKey || event.metaKey;
}

/** Return what a key is called: its letter, or where the layout has no Latin ones, that of its place. */
function letterOf({ key, code }) {
  if (key.length > 1) return key;
  return /^[ -~]$/.test(key) ? key.toLowerCase() : /^Key([A-Z])$/.exec(code)?.[1].toLowerCase() ?? key;
}

function found(event, actions, isLoupe) {
  const { key, target, shiftKey: isShift } = event;
  const letter = letterOf(event);
  if (isCommand(event)) {
    if (event.altKey || isShift) return null;
    return { z: actions.undo, s: actions.write, a: actions.selectAll }[letter];
  }
  if (event.altKey || target.matches("select")) return null;
  const isAdvance = isShift || event.getModifierState("CapsLock");
  if (key === "?") return actions.help; // which some keyboards have above a digit
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  if (digit && key.length === 1) {
    if (digit in LABELS) return () => actions.label(LABELS[digit], isAdvance);
    return () => actions.stars(Number(digit), isAdvance);
  }
  const isOwn = target.matches("button, input, summary, a"); // which has its own meaning for these keys
  if ((key === "Enter" || key === " ") && isOwn) return null;
  if (key.startsWith("Arrow") && target.matches("input")) return null;
  const walks = isLoupe ? loupeWalks(actions, isShift) : stripWalks(actions, isShift);
  return walks[key] ?? {
    p: () => actions.flag("pick", isAdvance),
    x: () => actions.flag("reject", isAdvance),
    u: () => actions.flag("", isAdvance),
    a: actions.accept,
    z: actions.zoom,
    c: actions.compare,
    e: actions.open,
    g: actions.back,
    i: actions.panel,
    k: actions.groupBefore,
    j: actions.groupAfter,
    Escape: actions.back,
    Home: actions.first,
    End: actions.last,
    PageUp: actions.pageUp,
    PageDown: actions.pageDown,
  }[letter];
}

function stripWalks(actions, isShift) {
  return {
    ArrowLeft: () => actions.walk(-1, isShift),
    ArrowRight: () => actions.walk(1, isShift),
    ArrowUp: actions.groupBefore,
    ArrowDown: actions.groupAfter,
    Enter: actions.open,
    " ": actions.open,
  };
}

function loupeWalks(actions, isShift) {
  return {
    ArrowLeft: () => (isShift ? actions.pan(-1, 0) : actions.walk(-1)),
    ArrowRight: () => (isShift ? actions.pan(1, 0) : actions.walk(1)),
    ArrowUp: () => (isShift ? actions.pan(0, -1) : actions.up()),
    ArrowDown: () => (isShift ? actions.pan(0, 1) : actions.down()),
    Enter: actions.back,
    " ": actions.zoom,
  };
}
