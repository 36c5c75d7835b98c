// A picture in the browser: opened, shrunk, cut out.

import { gettext } from "../shared/i18n.js";

/** @typedef {import("./box.js").Box} Box */

const OPENED_SIDE = 1600; // pixels of the longer side of what is shown and cut from
const SENT_SIDE = 1024; // and of what is sent: more than enough for 28 by 28
const LARGE_PNG = 1_000_000; // bytes
const NOISE = 8; // of 255, which nobody sees
const SENT_AS_THEY_ARE = ["image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp"];

/**
 * @typedef {object} Picture
 * @property {Blob} file
 * @property {?HTMLCanvasElement} canvas what it shows; null where this browser can't tell
 * @property {boolean} isShrunk
 */

/**
 * Open a picture of any size that the browser can decode.
 * @param {Blob} file
 * @returns {Promise<Picture>}
 */
export async function openPicture(file) {
  try {
    if (!isCanvasTrue()) throw new Error("This browser gives noise for what is on a canvas.");
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    const canvas = paint(bitmap, { left: 0, top: 0, width, height }, OPENED_SIDE);
    bitmap.close();
    return { file, canvas, isShrunk: Math.max(width, height) > SENT_SIDE };
  } catch {
    return { file, canvas: null, isShrunk: false };
  }
}

/**
 * Take what is in the box, as it is sent. Pictures that need neither cutting nor shrinking are sent as they are.
 * @param {Picture} picture
 * @param {Box} box
 * @returns {Promise<string>} a data URL
 */
export async function cut({ file, canvas, isShrunk }, box) {
  const isWhole = box.width === 1 && box.height === 1;
  if (!canvas || (isWhole && !isShrunk && SENT_AS_THEY_ARE.includes(file.type))) return toDataUrl(file);
  const { width, height } = canvas;
  const area = { left: box.left * width, top: box.top * height, width: box.width * width, height: box.height * height };
  return toDataUrl(await encode(paint(canvas, area, SENT_SIDE), file.type));
}

function paint(source, { left, top, width, height }, longerSide) {
  const scale = Math.min(1, longerSide / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(source, left, top, width, height, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// A PNG keeps transparent paper, by which the site tells light ink from dark.
async function encode(canvas, type) {
  const toBlob = (format) => new Promise((resolve) => canvas.toBlob(resolve, format, 0.92));
  const png = type === "image/jpeg" ? null : await toBlob("image/png");
  return png && png.size <= LARGE_PNG ? png : toBlob("image/jpeg");
}

const toDataUrl = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(new Error(gettext("This file can’t be read. Choose it again."))));
    reader.readAsDataURL(blob);
  });

// Browsers that resist fingerprinting return noise from canvases.
function isCanvasTrue() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 16;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#c86432";
  context.fillRect(0, 0, 16, 16);
  const { data } = context.getImageData(0, 0, 16, 16);
  return data.every((value, i) => Math.abs(value - [200, 100, 50, 255][i % 4]) <= NOISE);
}
