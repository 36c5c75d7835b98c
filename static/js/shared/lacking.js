// What others' markup lacks for those who don't see it.

/**
 * @param {Object<string, Object | function(Element): Object>} lacking the properties that elements
 *   shall have, by selector
 */
export function complete(lacking) {
  for (const [selector, properties] of Object.entries(lacking)) {
    for (const element of document.querySelectorAll(selector)) {
      Object.assign(element, typeof properties === "function" ? properties(element) : properties);
    }
  }
}
