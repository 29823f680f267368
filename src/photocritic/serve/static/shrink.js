/* A photo made smaller in the browser, so that no more of it travels than a critic on another machine needs. */

import { jpegOf } from "./encode.js";

const QUALITY = 0.92; // of the JPEG

/**
 * Return a photo as a JPEG with a long side of so many px, upright; the photo itself, as it is, where it is no longer
 * than that or this browser cannot read it (HEIC, RAW, TIFF).
 * @param {Blob} photo
 * @param {number} longSide in px
 * @returns {Promise<Blob>}
 */
export async function shrunk(photo, longSide) {
  let picture;
  try {
    picture = await createImageBitmap(photo);
  } catch {
    return photo;
  }
  try {
    const scale = longSide / Math.max(picture.width, picture.height);
    if (scale >= 1) return photo;
    return await jpegOf(picture, { width: picture.width * scale, height: picture.height * scale, quality: QUALITY });
  } finally {
    picture.close();
  }
}
