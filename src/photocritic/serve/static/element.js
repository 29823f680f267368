/* Elements of a page, made in one line each; text is only ever text. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Return a new element.
 * @param {string} name
 * @param {Record<string, string | number | boolean | EventListener>} attributes true: there without a value, false:
 *   not there; a function listens to the event of this name
 * @param {...(Node | string)} children
 */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Return a new element of a drawing, as `element` does. */
export function shape(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}
