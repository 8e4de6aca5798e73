// The tree of the page part that is ours.
//
// Owns: `h`, which describes an element, and `patch`, which makes the page agree with a description and touches only
// what differs: elements are reused by key, or by place where they have none, so that focus, scroll and half-written
// text survive. A description that is the same object as last time is skipped whole; long lists keep theirs.
// What others have put in is taken out when its place is drawn again.
// Must not: make anything but elements, attributes and text nodes. Nothing is ever read as HTML.

import { detach, document, report } from '../core/page.js';

const SVG = 'http://www.w3.org/2000/svg';
/** What is set as a property, because the attribute is only its first value; `data` is a text node's. */
const PROPERTIES = new Set(['value', 'checked', 'disabled', 'tabIndex', 'selected', 'data']);

/**
 * An element, a text (tag `#`) or an empty place (no tag), which keeps its neighbours where they are.
 * @typedef {object} VNode
 * @property {string} tag
 * @property {Record<string, any>} props
 * @property {VNode[]} kids
 * @property {any} [node] what stands for it in the page
 */

/** @typedef {VNode | string | number | boolean | null | undefined | Child[]} Child */

/** @param {any} kid @returns {VNode | VNode[]} */
function child(kid) {
  if (Array.isArray(kid)) return kid.flatMap(child);
  if (kid?.kids) return kid;
  const shown = kid || kid === 0;
  return { tag: shown && kid !== true ? '#' : '', props: { data: String(kid) }, kids: [] };
}

/** @param {any} props @returns {props is Record<string, any>} */
const isProps = (props) => props?.constructor === Object && !props.kids;

/**
 * Describes an element. `on…` are handlers, `style` is an object of declarations, `label` is its accessible name.
 * @param {string} look its tag and classes, as in `span.nick.cut`
 * @param {Record<string, any> | Child} [props] may be left out
 * @param {...Child} kids
 * @returns {VNode}
 */
export function h(look, props, ...kids) {
  if (!isProps(props)) return h(look, {}, props, ...kids);
  const [tag = '', ...classes] = look.split('.');
  return { tag, props: { class: classes.join(' ') || null, ...props }, kids: kids.flatMap(child) };
}

/** The description of a part; what cannot be described is left out, and harms no other. @template T @param {() => T} make @returns {T | null} */
export function attempt(make) {
  try {
    return make();
  } catch (error) {
    report(error);
    return null;
  }
}

/**
 * @param {any} node
 * @param {string} name
 * @param {any} value
 * @param {any} was
 */
function setProp(node, name, value, was) {
  if (name === 'key') return;
  if (name === 'style') {
    for (const rule in { ...was, ...value })
      if (value?.[rule] !== was?.[rule]) node.style.setProperty(rule, value?.[rule] ?? '');
  } else if (name.startsWith('on') || PROPERTIES.has(name)) {
    if (node[name] !== value) node[name] = value ?? null;
  } else if (value !== was) {
    const attribute = name === 'label' ? 'aria-label' : name;
    if ((value ?? null) === null || (value === false && !name.startsWith('aria'))) node.removeAttribute(attribute);
    else node.setAttribute(attribute, value);
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
  const node = (next.node = old ? old.node : create(next.tag));
  patch(node, old?.kids ?? [], next.kids);
  for (const name in { ...old?.props, ...next.props }) setProp(node, name, next.props[name], old?.props[name]);
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
  for (const was of unused) if (was.tag && was.node.parentNode === parent) detach(was.node);
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
