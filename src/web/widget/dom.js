// The tree of the page part that is ours.
//
// Owns: `h`, which describes an element, and `patch`, which makes the page agree with a description and touches only
// what differs: elements are reused by key, or by place where they have none, so that focus, scroll and half-written
// text survive. A description that is the same object as last time is skipped whole; long lists keep theirs.
// What others have put in is taken out when its place is drawn again.
// Must not: make anything but elements, attributes and text nodes. Nothing is ever read as HTML.

import { detach, document } from '../core/page.js';

const SVG = 'http://www.w3.org/2000/svg';
/**
 * What is set as a property, because the attribute is only its first value; `data` is a text node's. A field that is not
 * drawn again at each key has a `defaultValue`, which leaves what is being written in it alone.
 */
const PROPERTIES = new Set(['value', 'defaultValue', 'checked', 'disabled', 'tabIndex', 'selected', 'data']);

/** What an element has: `on…` are handlers, `style` is an object of declarations. @typedef {{key?: string, style?: Record<string, string | false>} & Record<string, unknown>} Props */

/**
 * An element, a text (tag `#`) or an empty place (no tag), which keeps its neighbours where they are.
 * @typedef {object} VNode
 * @property {string} tag
 * @property {Props} props
 * @property {VNode[]} kids
 * @property {ChildNode} [node] what stands for it in the page
 */

/** @typedef {VNode | string | number | boolean | null | undefined | Child[]} Child */

/** @param {Props | Child} it @returns {it is VNode} */
const isNode = (it) => Boolean(/** @type {Partial<VNode> | null | undefined} */ (it)?.kids);

/** @param {Child} kid @returns {VNode | VNode[]} */
function child(kid) {
  if (Array.isArray(kid)) return kid.flatMap(child);
  if (isNode(kid)) return kid;
  const shown = kid || kid === 0;
  return { tag: shown && kid !== true ? '#' : '', props: { data: String(kid) }, kids: [] };
}

/** @param {Props | Child} props @returns {props is Props} */
const isProps = (props) => props?.constructor === Object && !isNode(props);

/**
 * Describes an element. `on…` are handlers, `style` is an object of declarations, `label` is its accessible name.
 * @param {string} look its tag and classes, as in `span.nick.cut`
 * @param {Props | Child} [props] may be left out
 * @param {...Child} kids
 * @returns {VNode}
 */
export function h(look, props, ...kids) {
  if (!isProps(props)) return h(look, {}, props, ...kids);
  const [tag = '', ...classes] = look.split('.');
  return { tag, props: { class: classes.join(' ') || null, ...props }, kids: kids.flatMap(child) };
}

/** The description of a part; what cannot be described is left out, and harms no other. @template T @param {() => T} make @param {(error: unknown) => void} report @returns {T | null} */
export function attempt(make, report) {
  try {
    return make();
  } catch (error) {
    report(error);
    return null;
  }
}

/** @param {HTMLElement} node @param {Props['style']} rules @param {Props['style']} was */
function setStyle(node, rules, was) {
  for (const rule in { ...was, ...rules })
    if (rules?.[rule] !== was?.[rule]) node.style.setProperty(rule, rules?.[rule] || '');
}

/**
 * @param {HTMLElement} node or a text, which has its `data` alone
 * @param {string} name
 * @param {unknown} value
 * @param {unknown} was
 */
function setProp(node, name, value, was) {
  const slots = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (node));
  if (name === 'key') return;
  if (name === 'style') setStyle(node, /** @type {Props['style']} */ (value), /** @type {Props['style']} */ (was));
  else if (name.startsWith('on') || PROPERTIES.has(name)) {
    if (slots[name] !== value) slots[name] = value ?? null;
  } else if (value !== was) {
    const attribute = name === 'label' ? 'aria-label' : name;
    if ((value ?? null) === null || (value === false && !name.startsWith('aria'))) node.removeAttribute(attribute);
    else node.setAttribute(attribute, /** @type {string} */ (value));
  }
}

/** @param {string} tag */
function create(tag) {
  if (tag === '#') return document.createTextNode('');
  if (/^(svg|path)$/.test(tag)) return document.createElementNS(SVG, tag);
  const node = document.createElement(tag);
  if (tag === 'button') node.setAttribute('type', tag);
  return node;
}

/** Makes an element agree with its description. One that was kept has its element, and takes it along to another parent. @param {VNode} next @param {VNode} [old] */
function update(next, old) {
  if (old === next || (!old && next.node)) return;
  const node = (next.node = old?.node ?? create(next.tag));
  patch(node, old?.kids ?? [], next.kids);
  for (const name in { ...old?.props, ...next.props })
    setProp(/** @type {HTMLElement} */ (node), name, next.props[name], old?.props[name]);
}

/** Which is which: elements by their key, or by their place among those that have none. @param {VNode[]} nodes @returns {[string, VNode][]} */
function names(nodes) {
  let place = 0;
  return nodes.map((node) => [`${node.tag} ${node.props.key === undefined ? place++ : `:${node.props.key}`}`, node]);
}

/**
 * Makes the children of `parent`, described by `old`, agree with `next`.
 * @param {Node} parent
 * @param {VNode[]} old
 * @param {VNode[]} next
 */
export function patch(parent, old, next) {
  const unused = new Set(old);
  const named = new Map(names(old));
  for (const [name, now] of names(next)) {
    const was = named.get(name);
    if (now.tag) update(now, was && unused.delete(was) ? was : undefined);
  }
  for (const { node } of unused) if (node?.parentNode === parent) detach(node);
  let cursor = parent.firstChild;
  for (const { node } of next) {
    if (!node) continue;
    // One that went back in the list is put aside, so that all that follow it need not be moved.
    if (cursor && node === cursor.nextSibling) {
      parent.appendChild(cursor);
      cursor = node;
    }
    if (node === cursor) cursor = cursor?.nextSibling ?? null;
    else parent.insertBefore(node, cursor);
  }
  // What is left is not ours: translators and extensions put elements in the place of texts.
  while (cursor) {
    const stray = cursor;
    cursor = cursor.nextSibling;
    detach(stray);
  }
}
