// How a message looks: what its sender chose, as far as it is safe and legible.
//
// Owns: the allow-list of CSS declarations, and the contrast of colours. Must not: let a declaration through that is
// not on the list, or a colour that cannot be read on our backgrounds.

/** Backgrounds that are hardest to read on: the darkest bubble of the light theme and the lightest of the dark one. */
const BACKGROUND = { light: [214, 226, 246], dark: [54, 66, 88] };
const CONTRAST_MIN = 4.6;
const FONT_PX_MIN = 11;
const FONT_PX_MAX = 22;
/** What else may be set, and to what. */
const ALLOWED = new Map([
  ['font-weight', /^(bold|bolder|[6-9]00)$/],
  ['font-style', /^(italic|oblique)$/],
  ['text-decoration', /^(underline|line-through)$/],
]);

/**
 * What the sender of this browser chose.
 * @typedef {{bold: boolean, italic: boolean, underline: boolean, size: number, color: string}} Format
 */

/** @type {Format} */
export const PLAIN = { bold: false, italic: false, underline: false, size: 0, color: '' };

/** The colours that the browser knows, by their names and spellings. */
export class Palette {
  #context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext('2d'));

  /** A colour, if it is one and opaque. @param {string} text @returns {number[] | null} red, green, blue */
  parse(text) {
    this.#context.fillStyle = 'transparent';
    this.#context.fillStyle = text; // what is no colour is ignored
    const hex = /^#(..)(..)(..)$/.exec(this.#context.fillStyle);
    return hex && hex.slice(1).map((part) => parseInt(part, 16));
  }
}

/** @param {number[]} rgb relative luminance as WCAG has it */
function luminance(rgb) {
  const [r = 0, g = 0, b = 0] = rgb.map((part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {number[]} a @param {number[]} b */
export function contrast(a, b) {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** The colour nearest to `rgb` that can be read in the theme. @param {number[]} rgb @param {boolean} dark */
export function legible(rgb, dark) {
  const [background, end] = dark ? [BACKGROUND.dark, 255] : [BACKGROUND.light, 0];
  let mixed = rgb;
  for (let part = 0; part <= 1 && contrast(mixed, background) < CONTRAST_MIN; part += 0.05) {
    mixed = rgb.map((value) => Math.round(value + (end - value) * part));
  }
  return mixed;
}

/**
 * Reads declarations that came with a message.
 * @param {string} text
 * @param {boolean} dark
 * @param {() => Palette} palette is asked for when there is a colour
 * @returns {Record<string, string>} what may be set
 */
export function readStyle(text, dark, palette) {
  /** @type {Record<string, string>} */
  const rules = {};
  for (const part of String(text ?? '')
    .slice(0, 500)
    .split(';')) {
    const [name = '', value = ''] = part
      .toLowerCase()
      .split(':')
      .map((side) => side.trim());
    const color = name === 'color' && palette().parse(value);
    const [, size, unit] = (name === 'font-size' && /^(\d{1,3}(?:\.\d{1,2})?)(px|pt)$/.exec(value)) || [];
    if (color) rules[name] = `rgb(${legible(color, dark).join(', ')})`;
    else if (size)
      rules[name] =
        `${Math.min(FONT_PX_MAX, Math.max(FONT_PX_MIN, Math.round(Number(size) * (unit === 'pt' ? 4 / 3 : 1))))}px`;
    else if (ALLOWED.get(name)?.test(value)) rules[name] = value;
  }
  return rules;
}

/** The same, as the bar shows it. @param {import('./state.js').Bar} bar @param {string} text */
export const shownStyle = ({ ui, late }, text) => readStyle(text, ui.dark, () => (late.palette ??= new Palette()));

/** The declarations to send. @param {Partial<Format>} format */
export function writeStyle(format) {
  return [
    format.bold && 'font-weight:bold',
    format.italic && 'font-style:italic',
    format.underline && 'text-decoration:underline',
    format.size && `font-size:${format.size}px`,
    format.color && `color:${format.color}`,
  ]
    .filter(Boolean)
    .join(';');
}
