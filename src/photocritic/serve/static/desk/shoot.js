/* The shoot as the desk knows it: what the server last said, over it what is on its way there, where one is, and which
   photos are shown. It tells of changes by events and draws nothing. */

export const FIELDS = ["flag", "stars", "label"];

/** Photos, groups, marks, the current photo, the selection and the filter. Events: "marks", "current", "shown". */
export class Shoot extends EventTarget {
  /** @param {object} told The answer of GET /desk/shoot. */
  constructor(told) {
    super();
    this.title = told.title;
    this.failures = told.failures;
    this.lastWrite = told.last_write;
    this.isInFile = told.in_file ?? false;
    this.groups = told.groups.map(({ photos, ...group }) => {
      group.photos = photos.map(photo => ({ ...photo, group, pending: [] }));
      return group;
    });
    this.photos = this.groups.flatMap(group => group.photos);
    this.photos.forEach((photo, at) => { photo.at = at; });
    this.byId = new Map(this.photos.map(photo => [photo.id, photo]));
    for (const photo of this.photos) photo.marks = marksOf(photo);
    this.filter = { pile: "all", leastStars: 0 };
    this.current = null;
    this.selection = new Set();
    this.#show();
  }

  /** Return whether what the server says is of this shoot. */
  isOf(told) {
    const ids = new Set(told.groups.flatMap(group => group.photos.map(({ id }) => id)));
    return this.photos.every(({ id }) => ids.has(id));
  }

  /** Take all that the server says anew: files were changed, or another desk decided something. */
  refresh(told) {
    this.lastWrite = told.last_write;
    for (const { id, ...rest } of told.groups.flatMap(group => group.photos)) {
      Object.assign(this.byId.get(id) ?? {}, rest);
    }
    this.#remark(this.photos);
  }

  /** Lay decisions on their way over photos. @param {object[]} steps {photos, body} each. */
  expect(steps) {
    for (const { photos, body } of steps) for (const photo of photos) photo.pending.push(body);
    this.#remark(steps.flatMap(step => step.photos));
  }

  /** Take what the server says of photos, and what it was said in answer to off those on their way. */
  confirm(told, steps) {
    for (const { id, ...rest } of told) Object.assign(this.byId.get(id) ?? {}, rest);
    this.forget(steps, told.map(({ id }) => this.byId.get(id)).filter(Boolean));
  }

  /** Take a decision off those on their way: it is saved, or never will be. */
  forget(steps, others = []) {
    for (const { photos, body } of steps) {
      for (const photo of photos) photo.pending = photo.pending.filter(waiting => waiting !== body);
    }
    this.#remark([...steps.flatMap(step => step.photos), ...others]);
  }

  /** Go to a photo. @param {"only"|"keep"} selecting Whether it becomes the whole selection. */
  goTo(photo, selecting = "only") {
    const before = this.current;
    this.current = photo;
    if (selecting === "only") this.selection = new Set(photo ? [photo] : []);
    if (before !== photo && !isEveryPhoto(this.filter)) this.#show();
    this.dispatchEvent(new CustomEvent("current", { detail: { before } }));
  }

  /** Add a photo to the selection or take it out, and go to it. */
  toggle(photo) {
    if (!this.selection.delete(photo)) this.selection.add(photo);
    if (!this.selection.size) this.selection.add(photo);
    this.goTo(this.selection.has(photo) ? photo : [...this.selection].at(-1), "keep");
  }

  /** Select all from where the selection began to a photo, and go to it. */
  selectTo(photo) {
    const from = this.shown.indexOf([...this.selection][0] ?? photo);
    const to = this.shown.indexOf(photo);
    const range = this.shown.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.selection = new Set(from <= to ? range : range.reverse());
    this.goTo(photo, "keep");
  }

  /** Select everything that is shown. */
  selectAll() {
    this.selection = new Set(this.shown);
    this.goTo(this.current, "keep");
  }

  /** Return the photos that a key acts on, in their order. */
  chosen() {
    if (this.selection.size < 2) return this.current ? [this.current] : [];
    return [...this.selection].sort((one, other) => one.at - other.at);
  }

  /** Return the photos of a group that are shown. */
  shownOf(group) {
    return this.shownGroups.find(shown => shown.group === group)?.photos ?? [];
  }

  /** Return the shown photo some steps away, or undefined at the ends. */
  beside(step, from = this.current) {
    return this.shown[this.shown.indexOf(from) + step];
  }

  /** Return the first photo of the shown group some steps away, or undefined at the ends. */
  besideGroup(step) {
    const at = this.shownGroups.findIndex(({ group }) => group === this.current?.group);
    return this.shownGroups[at + step]?.photos[0];
  }

  /** Show other photos, and stay where one is or as near as can be. */
  filterBy(change) {
    this.filter = { ...this.filter, ...change };
    const isWanted = photo => matches(photo, this.filter);
    const at = this.current?.at ?? 0;
    const next = this.photos.slice(at).find(isWanted) ?? this.photos.slice(0, at).findLast(isWanted) ?? null;
    this.current = next;
    this.selection = new Set(next ? [next] : []);
    this.#show(true);
    this.dispatchEvent(new CustomEvent("current", { detail: { before: null } }));
  }

  /** Return how many photos are in each pile, how many of them are decided, and how many groups. */
  counts() {
    const counts = { all: this.photos.length, pick: 0, none: 0, reject: 0, undecided: 0 };
    counts.settled = { pick: 0, none: 0, reject: 0 };
    for (const { marks } of this.photos) {
      counts[marks.flag ?? "none"] += 1;
      if (marks.isSettled) counts.settled[marks.flag ?? "none"] += 1;
      else counts.undecided += 1;
    }
    counts.groups = this.groups.length;
    counts.settledGroups = this.groups.filter(isSettled).length;
    return counts;
  }

  /** List the photos that match the filter, and choose no others; the current one stays till it is left. */
  #show(isForced = false) {
    const shown = this.photos.filter(photo => photo === this.current || matches(photo, this.filter));
    const inSight = new Set(shown);
    this.selection = new Set([...this.selection].filter(photo => inSight.has(photo)));
    const isSame = shown.length === this.shown?.length && shown.every((photo, at) => photo === this.shown[at]);
    if (isSame && !isForced) return;
    this.shown = shown;
    this.shownGroups = [];
    for (const photo of shown) {
      if (this.shownGroups.at(-1)?.group !== photo.group) this.shownGroups.push({ group: photo.group, photos: [] });
      this.shownGroups.at(-1).photos.push(photo);
    }
    this.dispatchEvent(new Event("shown"));
  }

  #remark(photos) {
    const changed = new Set(photos);
    for (const photo of changed) photo.marks = marksOf(photo);
    this.dispatchEvent(new CustomEvent("marks", { detail: { photos: changed } }));
  }
}

/** Return whether a person has decided on every photo of a group. */
export function isSettled(group) {
  return group.photos.every(photo => photo.marks.isSettled);
}

/** Return the decision that makes what is proposed for a photo a person's own, or null if nothing is left to accept. */
export function acceptance({ marks }) {
  const body = {}; // without the label, which goes with the flag
  if (marks.by.flag === "critic") body.flag = marks.flag ?? "";
  if (marks.by.stars === "critic") body.stars = marks.stars;
  return Object.keys(body).length ? body : null;
}

/** Return whether a person decided just that here, and it holds. */
export function isDecided(photo, body) {
  const decided = Object.assign({}, photo.decided, ...photo.pending);
  const holds = field => photo.marks[field] ?? "";
  return Object.entries(body).every(([field, value]) => decided[field] === value && holds(field) === value);
}

function isEveryPhoto({ pile, leastStars }) {
  return pile === "all" && !leastStars;
}

function matches({ marks }, { pile, leastStars }) {
  if ((marks.stars ?? 0) < leastStars) return false;
  if (pile === "all") return true;
  return pile === "undecided" ? !marks.isSettled : (marks.flag ?? "none") === pile;
}

/** Return what holds of a photo, and by whom: "you" here, "file" before, or the "critic". */
function marksOf(photo) {
  const pending = Object.assign({}, ...photo.pending);
  const marks = { by: {} };
  for (const field of FIELDS) {
    const isPending = pending[field] !== undefined;
    marks[field] = (isPending ? pending[field] : photo[field]) || (field === "stars" ? 0 : null);
    const isDecided = isPending || photo.decided[field] !== null;
    marks.by[field] = isDecided ? "you" : photo.said[field] !== null ? "file" : "critic";
  }
  if (marks.by.label === "critic") marks.by.label = marks.by.flag; // a label that no one gave goes with the flag
  marks.isSettled = marks.by.flag !== "critic" || marks.by.stars === "you"; // stars in a file leave the flag open
  return marks;
}
