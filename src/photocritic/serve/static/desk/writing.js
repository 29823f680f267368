/* The dialog that shows what would be written, writes it, and takes it back. */

import { request, send } from "../api.js";
import { element } from "../element.js";
import { counted, say } from "../words.js";

const PROGRAM_NAMES = { lightroom: "Lightroom", captureone: "Capture One", darktable: "darktable", digikam: "digiKam" };
const READ_INSIDE = ["lightroom", "captureone"]; // they read sidecars of RAW files alone
const IS_JPEG = /^\.jp(e|g|eg)$/;
const IS_PLAIN_SIDECAR = /^(?!.*\.\w{2,4}\.xmp$).*\.xmp$/i; // IMG.xmp, not IMG.JPG.xmp
const MOST_LISTED = 5000; // of the changes; more no one reads

/** The dialog of Write. */
export class Writing {
  isBusy = false; // while files are changed
  #wanted = {}; // what is ticked: in_file and proposals
  #asked = 0; // the number of the plan that was asked for last

  /** @param {Shoot} shoot @param {Saving} saving */
  constructor(shoot, saving) {
    this.shoot = shoot;
    this.saving = saving;
    this.dialog = document.getElementById("writing");
    this.title = document.getElementById("writing-title");
    this.told = this.dialog.querySelector(".told");
    this.acts = this.dialog.querySelector(".acts");
    // A browser closes a dialog at the second Escape, whatever "cancel" is told.
    this.dialog.addEventListener("keydown", event => {
      if (this.isBusy && event.key === "Escape") event.preventDefault();
    });
    this.dialog.addEventListener("cancel", event => { if (this.isBusy) event.preventDefault(); });
    this.dialog.addEventListener("close", () => { if (this.isBusy) this.dialog.showModal(); });
  }

  /** Open the dialog with the plan. */
  async open() {
    this.#show(say("desk.writing.looking"), [], [this.#closing(say("desk.writing.cancel"))]);
    this.dialog.showModal();
    this.title.focus();
    if (await this.saving.settled()) {
      await this.#plan({ in_file: this.shoot.isInFile, proposals: true });
    } else {
      this.#show(say("desk.writing.not_now"), [paragraph(counted("desk.bar.unsaved", this.saving.unsavedCount)),
        paragraph(this.saving.problem?.message ?? "")], [this.#closing(say("desk.close"))]);
    }
  }

  /** Ask what would be written. Until that is told, nothing can be. */
  async #plan(wanted) {
    this.#wanted = wanted;
    const number = this.#asked += 1;
    for (const button of this.acts.querySelectorAll("#write-now")) button.disabled = true;
    try {
      const plan = await send("/desk/plan", wanted);
      if (number === this.#asked && !this.isBusy) this.#showPlan(plan);
    } catch (error) {
      if (number === this.#asked) this.#showError(error);
    }
  }

  #showPlan(plan) {
    const { changes, failures } = plan;
    const insideCount = changes.filter(change => change.is_inside).length;
    const facts = [];
    if (changes.length > insideCount) facts.push(counted("desk.writing.sidecars", changes.length - insideCount));
    if (insideCount) facts.push(counted("desk.writing.inside", insideCount));
    if (plan.same_count) facts.push(counted("desk.writing.same", plan.same_count));
    if (plan.person_count) facts.push(counted("desk.writing.person", plan.person_count));
    facts.push(say("desk.writing.programs", { programs: listed(plan.programs.map(programName)) }));
    facts.push(say("desk.writing.photos_stay"));
    const undecidedCount = this.shoot.counts().undecided;
    const told = plan.proposals ? [this.#piles(plan.counts)] : [];
    if (undecidedCount) {
      const words = counted("desk.writing.proposals", undecidedCount);
      told.push(element("div", { class: "is-notable" }, this.#choice("proposals", words)));
    }
    told.push(element("ul", { class: "facts" }, ...facts.map(words => element("li", {}, words))));
    const unseen = unseenWords(plan);
    const isChoice = jpegCount(plan) > 0 || plan.in_file;
    if (unseen.length || isChoice) {
      told.push(element("div", { class: "warning" }, ...unseen.map(words => paragraph(words)),
        isChoice ? this.#choice("in_file", say("desk.writing.in_file")) : ""));
    }
    if (failures.length) told.push(...failureList(counted("desk.writing.left_alone", failures.length), failures));
    if (changes.length) told.push(changeList(changes));
    const acts = [this.#closing(say("desk.writing.cancel"))];
    if (this.shoot.lastWrite) acts.unshift(this.#unwriting());
    if (changes.length) {
      acts.push(element("button", { type: "button", class: "primary", id: "write-now", click: () => this.#write(plan) },
        counted("desk.writing.write", changes.length)));
    }
    const nothing = failures.length ? "nothing_can_be" : plan.same_count ? "nothing" : "none_decided";
    const title = changes.length ? counted("desk.writing.title", changes.length) : say(`desk.writing.${nothing}`);
    const focused = document.activeElement?.id;
    this.#show(title, told, acts);
    if (this.told.contains(document.getElementById(focused))) document.getElementById(focused).focus();
  }

  #piles(counts) {
    return element("p", { class: "piles" }, ...["pick", "none", "reject"].flatMap(pile => [
      element("b", {}, counts[pile].toLocaleString("en")), ` ${say(`desk.writing.piles.${pile}`)}`, ", ",
    ]).slice(0, -1));
  }

  /** Return a box to tick; the plan is made anew by it. @param {"in_file" | "proposals"} name */
  #choice(name, words) {
    const id = name.replace("_", "-");
    const input = element("input", {
      type: "checkbox", id, change: () => this.#plan({ ...this.#wanted, [name]: input.checked }),
    });
    input.checked = this.#wanted[name];
    return element("label", { for: id }, input, words);
  }

  async #write(plan) {
    await this.#run("/desk/write", this.#wanted, plan.changes.length, "write", plan);
  }

  async #unwrite() {
    await this.#run("/desk/unwrite", {}, this.shoot.lastWrite.count, "unwrite");
  }

  /** Have files changed, tell of each, and of the end. @param {"write" | "unwrite"} what */
  async #run(path, body, count, what, plan = null) {
    const doing = say(`desk.writing.${what}.doing`);
    const bar = element("progress", { max: Math.max(1, count), value: 0, "aria-label": doing });
    const line = paragraph("", "line");
    const failures = [];
    this.isBusy = true;
    this.#show(doing, [bar, line], []);
    this.title.focus();
    try {
      let end = null;
      let at = 0;
      for await (const told of lines(path, body)) {
        if (told.path === undefined) {
          end = told;
          continue;
        }
        at += 1;
        bar.value = at;
        const [shownAt, shownCount] = [at, Math.max(at, count)].map(number => number.toLocaleString("en"));
        line.textContent = say("desk.writing.at", { at: shownAt, of: shownCount, path: told.path });
        if (told.status === "failed") failures.push({ name: told.path, reason: told.reason });
      }
      if (!end) throw new Error(say(`desk.writing.${what}.cut`));
      if (end.error) throw new Error(end.error);
      await this.#refresh();
      this.#showEnd(end, failures, what, plan);
    } catch (error) {
      await this.#refresh();
      this.#showError(error);
    }
  }

  /** Learn what files say now, and what can be taken back. */
  async #refresh() {
    await this.saving.refresh().catch(() => {}); // without an answer all stays as it was
    this.isBusy = false;
  }

  #showEnd(end, failures, what, plan) {
    const told = [];
    if (end.same) told.push(paragraph(counted("desk.writing.same", end.same)));
    if (plan && end.done) told.push(...howToRead(plan).map(words => paragraph(words)));
    if (failures.length) told.push(...failureList(counted(`desk.writing.${what}.failed`, failures.length), failures));
    const acts = [this.#closing(say("desk.close"), true)];
    if (this.shoot.lastWrite) acts.unshift(this.#unwriting());
    const done = counted(`desk.writing.${what}.done`, end.done);
    const title = end.failed ? say(`desk.writing.${end.done ? "not_all" : "failed"}`, { done }) : done;
    this.#show(title, told, acts);
    this.title.focus();
  }

  #showError(error) {
    const acts = [this.#closing(say("desk.close"), true)];
    if (this.shoot.lastWrite) acts.unshift(this.#unwriting());
    this.#show(say("desk.writing.failed"), [paragraph(error.message)], acts);
    this.title.focus();
  }

  #unwriting() {
    return element("button", { type: "button", id: "unwrite", click: () => this.#unwrite() },
      counted("desk.writing.take_back", this.shoot.lastWrite.count));
  }

  #closing(words, isPrimary = false) {
    const attributes = { type: "button", class: isPrimary && "primary", click: () => this.dialog.close() };
    return element("button", attributes, words);
  }

  #show(title, told, acts) {
    this.title.textContent = title;
    this.told.replaceChildren(...told);
    this.acts.replaceChildren(...acts);
  }
}

/** Yield the lines of an answer of JSON lines as they come; it ends early where the answer is cut. */
async function* lines(path, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await request(path, { method: "POST", headers, body: JSON.stringify(body) });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({ done: true }));
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) if (part.trim()) yield JSON.parse(part);
  }
}

/** Return of how many JPEG files some programs see no marks, as these are beside them. */
function jpegCount({ unread }) {
  return Object.entries(unread).reduce((count, [suffix, more]) => count + (IS_JPEG.test(suffix) ? more : 0), 0);
}

/** Return which photos' marks some programs will not see, and why. */
function unseenWords(plan) {
  const programs = listed(READ_INSIDE.filter(program => plan.programs.includes(program)).map(programName));
  const others = Object.entries(plan.unread).filter(([suffix]) => !IS_JPEG.test(suffix));
  const photos = listed(others.map(([suffix, count]) => `${count.toLocaleString("en")} ${suffix}`));
  const count = jpegCount(plan);
  return [count ? counted("desk.writing.unseen", count, { programs }) : "",
    others.length ? say("desk.writing.unseen_others", { programs, photos }) : ""].filter(Boolean);
}

/** Return how programs come to see what was written, and which of it they will not. */
function howToRead(plan) {
  const isSeen = plan.changes.some(({ is_inside: isInside, path }) => isInside || IS_PLAIN_SIDECAR.test(path));
  const programs = plan.programs.filter(program => program === "darktable" || (program === "lightroom" && isSeen));
  return [...programs.map(program => say(`desk.writing.how_to_read.${program}`)), ...unseenWords(plan)];
}

function changeList(changes) {
  const rows = changes.slice(0, MOST_LISTED).map(change => element("li", {}, change.path,
    element("span", {}, change.is_inside ? say("desk.writing.inside_it") : "")));
  return element("details", {},
    element("summary", {}, counted("desk.writing.list", changes.length)),
    element("ul", { class: "changes", tabindex: 0, role: "list", "aria-label": say("desk.writing.changes") }, ...rows));
}

function failureList(title, failures) {
  return [paragraph(title, "is-bad"), element("ul", { class: "failed", tabindex: 0, role: "list", "aria-label": title },
    ...failures.map(({ name, reason }) => element("li", {}, element("b", {}, name), ` ${reason ?? ""}`)))];
}

function paragraph(words, kind = "") {
  return element("p", { class: kind }, words);
}

function programName(program) {
  return PROGRAM_NAMES[program] ?? program;
}

function listed(words) {
  return new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" }).format(words);
}
