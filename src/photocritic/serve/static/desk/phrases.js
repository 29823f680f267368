/* What the desk says of a photo, in words: for screen readers, and where marks alone would not be understood. */

import { counted, say } from "../words.js";
import { FIELDS } from "./shoot.js";

const FLAG_WORDS = { pick: "pick", reject: "reject" };

/** Return a photo's marks as words: "picked, 4 stars; proposed: green". */
export function marksWords(marks) {
  const own = FIELDS.filter(field => marks.by[field] !== "critic");
  const proposed = FIELDS.filter(field => marks.by[field] === "critic");
  const parts = [valueWords(marks, own, "own")];
  if (proposed.length) parts.push(say("desk.proposed", { what: valueWords(marks, proposed, "proposed") }));
  return parts.filter(Boolean).join("; ");
}

/** Return what some fields hold, as words. @param {"own" | "proposed"} voice "picked" or "pick" */
export function valueWords(marks, fields, voice) {
  return fields.map(field => {
    if (field === "flag") return say(`desk.flags.${voice}.${FLAG_WORDS[marks.flag] ?? "none"}`);
    if (field === "stars") return counted("desk.stars", marks.stars ?? 0);
    return marks.label ? labelName(marks.label) : "";
  }).filter(Boolean).join(", ");
}

/** Return the name of a photo and what holds of it, as one says it after a decision. */
export function decisionWords(photo) {
  return say("desk.is_now", { name: fileName(photo), what: marksWords(photo.marks) });
}

/** Return a photo's accessible name: its file, its marks, its score and quality. */
export function photoWords(photo) {
  const figures = [scoreWords(photo), qualityWords(photo)].filter(Boolean).join(", ");
  return say("desk.photo_is", { name: fileName(photo), marks: marksWords(photo.marks), figures });
}

/** Return a photo's score and what it is. */
export function scoreWords({ score }) {
  return say("desk.score_is", { score: Math.round(score) });
}

/** Return a photo's quality and what it is, or nothing. */
export function qualityWords({ quality }) {
  return quality === null ? "" : say("desk.quality_is", { quality: Math.round(quality) });
}

/** Return what a group is: "burst of 5", or nothing for a photo alone. */
export function kindWords(group) {
  const count = group.photos.length;
  return group.kind === "single" || count < 2 ? "" : say(`desk.kinds.${group.kind}`, { count });
}

/** Return a group's name for screen readers. */
export function groupWords(group) {
  return say("desk.group_is", { number: group.number, kind: kindWords(group) || say("desk.kinds.single") });
}

/** Return when a group was taken, hours and minutes of the camera's clock. */
export function timeWords(group) {
  return group.taken_at?.slice(11, 16) ?? "";
}

/** Return a photo's name without its folders. */
export function fileName(photo) {
  return photo.name.slice(photo.name.lastIndexOf("/") + 1);
}

/** Return the word for a label; programs may have given others than ours. */
export function labelName(label) {
  return label in LABEL_CLASSES ? say(`desk.labels.${LABEL_CLASSES[label]}`) : label;
}

/** The class, and the word's name, of each label that has a colour. */
export const LABEL_CLASSES = { Red: "red", Yellow: "yellow", Green: "green", Blue: "blue", Purple: "purple" };
