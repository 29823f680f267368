/* A photo's rating in words and as a histogram: its score, what it means, and how people would vote. */

import { histogram, percent, strip } from "./histogram.js";
import { say } from "./words.js";

const BANDS = [[90, "top"], [60, "high"], [40, "middle"], [10, "low"], [0, "bottom"]];
const FIELDS = {
  appeal: { score: "score", mean: "mean", std: "std", p_good: "p_good", probs: "probs" },
  quality: {
    score: "quality", mean: "quality_mean", std: "quality_std", p_good: "quality_p_good", probs: "quality_probs",
  },
};

/** Return one rating of a row, by "appeal" or "quality"; null where the critic does not give it. */
export function ratingOf(row, aspect) {
  const rating = Object.fromEntries(Object.entries(FIELDS[aspect]).map(([name, field]) => [name, row[field]]));
  return rating.score === null ? null : rating;
}

/** Return the band of a score, 0 to 100, in a few words. */
export function bandOf(score) {
  return say(`page.bands.${BANDS.find(([from]) => score >= from)[1]}`);
}

/** Return what a score means, in a sentence. */
export function meaningOf(score) {
  const count = Math.round(score);
  if (count > 99) return say("page.beats_all");
  return count < 1 ? say("page.beats_none") : say("page.beats", { count });
}

/**
 * Show a row's rating in its panel.
 * @param {object} row
 * @param {"appeal" | "quality"} aspect
 * @param {{asks: string, levels: number[], good_from: number, reference: string} | undefined} scale as the critic's
 *   card has it
 */
export function showRating(row, aspect, scale) {
  const rating = ratingOf(row, aspect);
  const part = name => document.getElementById(name);
  const levels = scale?.levels ?? rating.probs.map((_share, index) => index + 1);
  part("band").textContent = bandOf(rating.score);
  part("beats").textContent = meaningOf(rating.score);
  part("standing").replaceChildren(strip(rating.score, true));
  part("votes").replaceChildren(histogram(rating, { levels, good_from: scale?.good_from ?? Infinity }));
  const figures = { mean: rating.mean.toFixed(2), std: rating.std.toFixed(2), worst: levels[0], best: levels.at(-1) };
  part("mean").textContent = say("page.mean", figures);
  part("would").textContent = scale ? say("page.would", { share: percent(rating.p_good), good: scale.good_from }) : "";
  part("asked").textContent = scale?.asks ? say("page.asked", { asks: scale.asks }) : "";
  part("among").textContent = scale?.reference ? say("page.reference", scale) : "";
  const isPersonal = aspect === "appeal" && row.taste;
  part("crowd").textContent = isPersonal
    ? say("page.crowd", { taste: row.taste, score: Math.round(row.crowd_score) }) : "";
}
