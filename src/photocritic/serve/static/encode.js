/* Pictures made into JPEGs. In a page's own thread browsers put that off for up to a second; see background.js. */

const TYPE = "image/jpeg";

/**
 * Return a picture as a JPEG of this size, on white where it is transparent, as photocritic itself has it.
 * @param {ImageBitmap} picture
 * @param {{width: number, height: number, quality: number}} form in px; quality 0 to 1
 * @returns {Promise<Blob>}
 */
export async function jpegOf(picture, { width, height, quality }) {
  const canvas = canvasOf(Math.max(Math.round(width), 1), Math.max(Math.round(height), 1));
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  if (canvas.convertToBlob) return canvas.convertToBlob({ type: TYPE, quality });
  const blob = await new Promise(resolve => { canvas.toBlob(resolve, TYPE, quality); });
  if (!blob) throw new Error("larger than this browser's canvas");
  return blob;
}

function canvasOf(width, height) {
  if ("OffscreenCanvas" in globalThis) return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement("canvas"), { width, height });
}
