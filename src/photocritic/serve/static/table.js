/* The results as a table in a file, as `photocritic rate --format csv` writes it, made in the browser. */

const FIELDS = [
  "score", "mean", "std", "p_good", "probs",
  "quality", "quality_mean", "quality_std", "quality_p_good", "quality_probs",
  "width", "height", "taken_at", "model", "error", "crowd_score", "crowd_mean", "personal_std", "taste",
];

/** Return photos as CSV with a header, in their order; those that failed have an error and no figures. */
export function csvOf(photos) {
  const lines = photos.map(({ name, row, reason }) => {
    const figures = row ?? { error: reason };
    return [name, ...FIELDS.map(field => figures[field])];
  });
  return [["path", ...FIELDS], ...lines].map(line => `${line.map(cell).join(",")}\n`).join("");
}

function cell(value) {
  if (value === null || value === undefined) return "";
  const text = Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
