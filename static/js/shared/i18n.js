// The page's language. What scripts say comes in a script of its own, Django's catalogue, which is loaded before them;
// without it, and in the source language, which has none, they say what stands in the code.

const catalog = globalThis.django ?? {};

/** Of the page, as Intl takes it. */
export const language = document.documentElement.lang;

/**
 * @param {string} text
 * @returns {string} its translation
 */
export const gettext = (text) => catalog.gettext?.(text) ?? text;

/**
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @returns {string} the translation that goes with the count
 */
export const ngettext = (one, many, count) => catalog.ngettext?.(one, many, count) ?? (count === 1 ? one : many);

/**
 * Put values into a text, where it names them: %(name)s.
 * @param {string} text
 * @param {Record<string, string | number>} values
 * @returns {string}
 */
export const interpolate = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
