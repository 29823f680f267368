/* Photos on their way in: dropped, pasted or picked, in folders too. */

import { say } from "./words.js";

const PHOTO_NAME = new RegExp(
  "\\.(avif|bmp|gif|heic|heif|hif|jfif|jpe|jpeg|jpg|mpo|png|tif|tiff|webp|" +
    "3fr|arw|cr2|cr3|crw|dcr|dng|erf|fff|iiq|k25|kdc|mef|mos|mrw|nef|nrw|orf|pef|raf|raw|rw2|rwl|sr2|srf|srw|x3f)$",
  "i",
);

let pastedCount = 0;

/** Whether files are dragged, not text or a part of this page. */
export const hasFiles = transfer => [...transfer.types].includes("Files");

/**
 * Return those files that may be photos, by their names and types, and how many others there are.
 * @param {File[]} all
 * @returns {{files: File[], passedOver: number}}
 */
export function photosOf(all) {
  const files = all.filter(({ name, type }) => PHOTO_NAME.test(name) || /^image\//.test(type) || !name.includes("."));
  return { files, passedOver: all.length - files.length };
}

/**
 * Return the photos of a drop, by their names, those in folders too; what cannot be read is passed over.
 * @param {DataTransfer} transfer
 * @returns {Promise<{files: File[], passedOver: number}>}
 */
export async function dropped(transfer) {
  // The transfer is empty as soon as we wait for anything, so all is taken from it at once.
  const items = [...transfer.items].filter(item => item.kind === "file");
  const found = items.map(item => {
    const entry = item.webkitGetAsEntry?.();
    return entry?.isDirectory ? entry : item.getAsFile();
  });
  const loose = photosOf(found.filter(each => each instanceof File));
  const { files } = loose;
  let passedOver = loose.passedOver + found.filter(each => !each).length;
  for (const folder of found.filter(each => each && !(each instanceof File))) {
    for await (const file of inFolder(folder)) {
      if (file && PHOTO_NAME.test(file.name) && !file.name.startsWith(".")) files.push(file);
      else passedOver += 1;
    }
  }
  return { files, passedOver };
}

/** Return the files of the clipboard; pictures without a name of their own are numbered. */
export function pasted(transfer) {
  return [...transfer.files].map(file => {
    if (!/^image\.\w+$/.test(file.name)) return file;
    pastedCount += 1;
    return new File([file], say("page.pasted", { number: pastedCount }), { type: file.type });
  });
}

/** Yield the files in a folder, and null for each file or folder that cannot be read. */
async function* inFolder(folder) {
  const reader = folder.createReader();
  for (;;) {
    const entries = await read((resolve, reject) => reader.readEntries(resolve, reject)); // some at a time
    if (!entries) yield null;
    if (!entries?.length) return;
    for (const entry of entries) {
      if (entry.isDirectory) yield* inFolder(entry);
      else yield await read((resolve, reject) => entry.file(resolve, reject));
    }
  }
}

const read = how => new Promise(how).catch(() => null);
