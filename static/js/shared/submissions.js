// The API for predictions and a visitor's own submissions, and what it says when it fails.

import { requestJson, sendPatiently } from "./api.js";

/** The site did not accept a request, and stored nothing of it. */
export class RejectedError extends Error {}

// What the API tells programs would help nobody here.
const MESSAGES = {
  404: "The site can't find this drawing. Either it was deleted, or your browser keeps no cookies for this site: then allow them, load the page anew and draw it again.",
  409: "The site has another drawing under the same number. Try again, and this one gets a number of its own.",
};

async function request(method, url, body, onWait) {
  let response, answer;
  try {
    // What is said of a drawing is sent also when the page is left meanwhile.
    response = await sendPatiently(() => requestJson(method, url, body, { keepalive: method === "PATCH" }), onWait);
    answer = await response.json();
  } catch {
    throw new Error("The site did not answer. Look at your connection and try again; nothing is lost.");
  }
  if (response.ok) return answer;
  if (response.status >= 500) {
    throw new Error("The site has a problem just now. Try again in a minute; nothing is lost.");
  }
  throw new RejectedError(MESSAGES[response.status] ?? sentences(answer).join(" "));
}

// The API nests them by field, and for a list of images by their number too.
const sentences = (answer) => (typeof answer === "string" ? [answer] : Object.values(answer).flatMap(sentences));

/**
 * Errors carry a sentence for the visitor.
 * @param {string} url of all submissions
 * @param {string} [predictUrl]
 */
export const submissionsApi = (url, predictUrl) => ({
  /**
   * @param {{id: string, image?: string, strokes?: number[][][], widths?: number[]}} submission
   * @param {(seconds: number) => void} onWait hears how long a busy site has it wait
   */
  create: (submission, onWait) => request("POST", url, submission, onWait),

  /**
   * Read a picture, and store nothing.
   * @param {string} image
   * @param {(seconds: number) => void} onWait
   */
  predict: (image, onWait) => request("POST", predictUrl, { images: [image], pixels: true }, onWait),

  /** @param {string} id */
  get: (id) => request("GET", `${url}${id}/`),

  /**
   * @param {string} id
   * @param {number | "not_a_digit"} label
   */
  setVisitorLabel: (id, label) => request("PATCH", `${url}${id}/`, { visitor_label: label }),
});
