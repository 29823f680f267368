/* Flags, stars and labels as drawings: solid where a person said so, outlined where the critic only proposes. */

import { element } from "../element.js";
import { LABEL_CLASSES, qualityWords, scoreWords } from "./phrases.js";

/** Return the marks of a photo as one line; the words for them belong to whatever holds it. */
export function marksLine(marks) {
  const drawn = [flagMark(marks), starsMark(marks), labelMark(marks)];
  return element("span", { class: "marks", "aria-hidden": "true" }, ...drawn);
}

/** Return a flag, a cross, or a dot for neither. */
export function flagMark({ flag, by }) {
  return element("i", { class: `mark flag ${flag ?? "none"} ${voice(by.flag)}` });
}

/** Return five places for stars, as many of them filled as it has. */
export function starsMark({ stars, by }) {
  const filled = element("i", { class: `mark stars n${stars} ${voice(by.stars)}` });
  const empty = element("i", { class: `mark dots n${5 - stars}` });
  return element("span", { class: "five" }, filled, empty);
}

/** Return a swatch of the label's colour, or nothing. */
export function labelMark({ label, by }) {
  return label ? element("i", { class: `mark label ${LABEL_CLASSES[label] ?? "other"} ${voice(by.label)}` }) : "";
}

/** Return the score as a number that says what it is. */
export function scoreMark(photo) {
  return element("span", { class: "score", title: scoreWords(photo) }, String(Math.round(photo.score)));
}

/** Return the quality as a number that says what it is, or nothing. */
export function qualityMark(photo) {
  if (photo.quality === null) return "";
  return element("span", { class: "quality", title: qualityWords(photo) }, String(Math.round(photo.quality)));
}

function voice(by) {
  return by === "critic" ? "proposed" : "own";
}
