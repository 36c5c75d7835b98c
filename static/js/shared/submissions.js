// The API for predictions and a visitor's own submissions, and what it says when it fails.

import { requestJson, sendPatiently } from "./api.js";
import { gettext } from "./i18n.js";

/** The site did not accept a request, and stored nothing of it. */
export class RejectedError extends Error {}

/** The site answered that it could not do it. */
export class ProblemError extends Error {}

// What the API tells programs would help nobody here.
const MESSAGES = {
  404: gettext("The site can't find this drawing. Either it was deleted, or your browser keeps no cookies for this site: then allow them, load the page anew and draw it again."),
  409: gettext("The site has another drawing under the same number. Try again, and this one gets a number of its own."),
};

// A proxy before the site may refuse it in words of its own.
const TOO_LARGE = gettext("That is too large to be read here.");

function request(method, url, body, onWait) {
  // What is said of a drawing is sent also when the page is left meanwhile.
  return answerOf(() => sendPatiently(() => requestJson(method, url, body, { keepalive: method === "PATCH" }), onWait));
}

/**
 * Have the answer to a request, or an error with a sentence for the visitor.
 * @param {() => Promise<Response>} send
 * @returns {Promise<object>}
 */
export async function answerOf(send) {
  let response, answer;
  try {
    response = await send();
    answer = await answerIn(response);
  } catch {
    throw new Error(gettext("The site did not answer. Look at your connection and try again."));
  }
  if (response.ok) return answer;
  if (response.status >= 500) {
    throw new ProblemError(gettext("The site has a problem just now. Try again in a minute."));
  }
  throw new RejectedError(MESSAGES[response.status] ?? sentences(answer).join(" "));
}

/**
 * Read what the site says, whatever it says.
 * @param {Response} response
 * @returns {Promise<object | string>} rejects for what is not from the site, as where one must log in to a network first
 */
export async function answerIn(response) {
  if (response.status === 413 && !response.headers.get("Content-Type")?.includes("json")) return TOO_LARGE;
  return response.clone().json();
}

// The API nests them by field, and for a list of images by their number too.
const sentences = (answer) => (typeof answer === "string" ? [answer] : Object.values(answer).flatMap(sentences));

/**
 * Errors carry a sentence for the visitor.
 * @param {string} url of all submissions, which are sent by the outbox
 * @param {string} [predictUrl]
 */
export const submissionsApi = (url, predictUrl) => ({
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
