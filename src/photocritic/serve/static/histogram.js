/* The expected votes as a drawing, with its figures as its name; where a figure stands among the reference photos. */

import { element, shape } from "./element.js";
import { say } from "./words.js";

const [WIDTH, HEIGHT, ABOVE, BELOW] = [340, 130, 22, 44]; // of the drawing's own units

/** Return a share as a percentage in words. */
export const percent = share => `${Math.round(100 * share)} %`;

/**
 * Return the histogram of a rating.
 * @param {{probs: number[], mean: number, std: number}} rating
 * @param {{levels: number[], good_from: number}} scale
 */
export function histogram({ probs, mean, std }, { levels, good_from: goodFrom }) {
  const step = WIDTH / levels.length;
  const most = Math.max(...probs);
  const bottom = ABOVE + HEIGHT;
  const middle = index => (index + 0.5) * step;
  const at = value => {
    const share = (value - levels[0]) / (levels.at(-1) - levels[0]); // levels lie at even distances
    return Math.min(Math.max(middle(share * (levels.length - 1)), 0), WIDTH);
  };
  const votes = levels.map((level, index) => say("page.vote", { level, share: percent(probs[index]) })).join(", ");
  const words = say("page.votes_words", { votes, mean: mean.toFixed(2), std: std.toFixed(2) });
  const drawing = shape("svg", {
    class: "histogram", role: "img", "aria-label": words, viewBox: `0 0 ${WIDTH} ${bottom + BELOW}`,
  });
  levels.forEach((level, index) => {
    const tall = (probs[index] / most) * HEIGHT;
    drawing.append(
      shape("rect", {
        class: level >= goodFrom ? "good" : "bar", x: middle(index) - 0.41 * step, y: bottom - tall, width: 0.82 * step,
        height: tall, rx: 2,
      }),
      shape("text", { x: middle(index), y: bottom - tall - 6, class: "share" }, percent(probs[index])),
      shape("text", { x: middle(index), y: bottom + 38 }, String(level)),
    );
  });
  drawing.append(
    shape("line", { class: "axis", x1: 0, x2: WIDTH, y1: bottom, y2: bottom }),
    shape("line", { class: "spread", x1: at(mean - std), x2: at(mean + std), y1: bottom + 12, y2: bottom + 12 }),
    shape("circle", { class: "mean", cx: at(mean), cy: bottom + 12, r: 5.5 }),
  );
  return drawing;
}

/** Return a strip that shows where a percentile, 0 to 100, stands; `isOut` where it stands out. */
export function strip(percentile, isOut = false) {
  const words = say("page.on_strip", { percent: Math.round(percentile) });
  const kind = isOut ? "strip out" : "strip";
  const drawn = element("span", { class: kind, role: "img", "aria-label": words }, element("i"));
  drawn.style.setProperty("--at", `${percentile}%`);
  return drawn;
}
