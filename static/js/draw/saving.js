// Saving a drawing: now, or as soon as the site answers.

import { newId } from "../shared/api.js";
import { KeptError, outbox } from "../shared/outbox.js";
import { RejectedError } from "../shared/submissions.js";

/** @typedef {import("./drawing.js").Drawing} Drawing */

/** Nothing was stored under its id, and nothing will be. */
const unsaved = (message) => ({ id: null, isKept: false, message });

/**
 * Send a drawing. Afterwards it has the site's answer, or a message.
 * @param {Drawing} drawing
 * @param {object} body
 * @param {(seconds: number) => void} [onWait] hears how long a busy site has it wait
 */
export async function send(drawing, body, onWait) {
  const id = (drawing.id ??= newId());
  try {
    const answer = await outbox.send({ id, ...body }, onWait);
    Object.assign(drawing, { answer, isKept: false, message: "" });
  } catch (error) {
    if (drawing.id !== id) return; // what became of it was heard already
    const { message } = error;
    if (error instanceof RejectedError) Object.assign(drawing, unsaved(message));
    else Object.assign(drawing, { isKept: error instanceof KeptError, message });
  }
}

/**
 * Hear what becomes of drawings that are kept.
 * @param {(id: string) => Drawing | undefined} find
 * @param {(drawing: Drawing) => void} onChange
 */
export function followKept(find, onChange) {
  const changes = {
    sent: ({ answer }) => ({ answer, isKept: false, message: "" }),
    refused: ({ message }) => unsaved(message),
    deleted: ({ message }) => unsaved(message),
  };
  for (const [type, change] of Object.entries(changes)) {
    outbox.addEventListener(type, ({ detail }) => {
      const drawing = find(detail.id);
      if (!drawing) return;
      Object.assign(drawing, change(detail));
      onChange(drawing);
    });
  }
}
