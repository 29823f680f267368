/* Where each group and each photo stands on the desk, worked out in numbers, so that only what is in sight need be
   made. As many photos side by side as have room; groups share a line while they fit, and long ones take several. */

const GAP_PX = 12;
const HEAD_PX = 34; // of a group: its number, kind and time
const CAPTION_PX = 50; // under a photo: its marks and name

/**
 * Place groups in a width.
 * @param {{group: object, photos: object[]}[]} groups
 * @param {number} width_px
 * @returns {{places: object[], columns: number, width_px: number, picture_px: number, height_px: number}} Each place
 *   has its group, photos, x, y, width and height, and the columns that its photos stand in.
 */
export function layoutOf(groups, width_px) {
  const wanted_px = Math.min(200, width_px / 2.4) + Math.max(0, width_px - 1300) / 14;
  const columns = Math.max(2, Math.floor((width_px + GAP_PX) / (wanted_px + GAP_PX)));
  const pitch_px = Math.floor((width_px + GAP_PX) / columns);
  const frame_px = pitch_px - GAP_PX;
  const picture_px = Math.round(frame_px * 0.75);
  const frameHeight_px = picture_px + CAPTION_PX;
  const places = [];
  let column = 0;
  let y = 0;
  let line_px = 0; // the height of the line that is being filled
  for (const { group, photos } of groups) {
    const wide = Math.min(photos.length, columns);
    if (column + wide > columns) {
      y += line_px + GAP_PX;
      column = line_px = 0;
    }
    const lines = Math.ceil(photos.length / columns);
    const height = HEAD_PX + lines * frameHeight_px + (lines - 1) * GAP_PX;
    places.push({
      at: places.length, group, photos, columns: wide,
      x: column * pitch_px, y, width: wide * pitch_px - GAP_PX, height,
    });
    column += wide;
    line_px = Math.max(line_px, height);
  }
  return {
    places, columns, pitch_px, frame_px, picture_px, frameHeight_px, head_px: HEAD_PX,
    linePitch_px: frameHeight_px + GAP_PX, height_px: y + line_px,
  };
}

/** Return where a photo of a place stands within it: x and y in px. */
export function spotIn(layout, place, at) {
  return {
    x: (at % place.columns) * layout.pitch_px,
    y: layout.head_px + Math.floor(at / place.columns) * layout.linePitch_px,
  };
}

/** Return the first place that reaches below a height; places are in the order of their lines. */
export function firstBelow(places, y) {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle].y + places[middle].height <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}
