// The tree of the page part that is ours.
//
// Owns: `h`, which describes an element, and `patch`, which makes the page agree with a description and touches only
// what differs: elements are reused by key, or by place where they have none, so that focus, scroll and half-written
// text survive. A description that is the same object as last time is skipped whole; long lists keep theirs.
// Must not: make anything but elements, attributes and text nodes. Nothing is ever read as HTML.

const SVG = 'http://www.w3.org/2000/svg';
/** What is set as a property, because the attribute is only its first value. */
const PROPERTIES = new Set(['value', 'checked', 'disabled', 'tabIndex', 'selected']);

/**
 * An element, a text (tag `#`) or an empty place (no tag), which keeps its neighbours where they are.
 * @typedef {object} VNode
 * @property {string} tag
 * @property {Record<string, any>} props
 * @property {VNode[]} kids
 * @property {string} text
 * @property {any} key
 * @property {any} node what stands for it in the page
 */

/** @typedef {VNode | string | number | boolean | null | undefined | Child[]} Child */

/** @type {(tag: string, props: Record<string, any>, kids: VNode[], text: string, key?: any) => VNode} */
const vnode = (tag, props, kids, text, key) => ({ tag, props, kids, text, key, node: null });

/** @param {Child} kid @returns {VNode | VNode[]} */
function child(kid) {
  if (Array.isArray(kid)) return kid.flatMap(child);
  if (kid === null || kid === undefined || typeof kid === 'boolean') return vnode('', {}, [], '');
  return typeof kid === 'object' ? kid : vnode('#', {}, [], String(kid));
}

/**
 * Describes an element. `on…` are handlers, `style` is an object of declarations, `ref` is told the element once.
 * @param {string} tag
 * @param {Record<string, any> | null} [props]
 * @param {...Child} kids
 * @returns {VNode}
 */
export function h(tag, props, ...kids) {
  return vnode(tag, props ?? {}, kids.flatMap(child), '', props?.key);
}

/** @type {WeakMap<object, {sign: string, node: VNode}>} */
const kept = new WeakMap();

/**
 * The description of `thing` from last time, if `signs`, all that it depends on, are the same.
 * @param {object} thing
 * @param {unknown[]} signs
 * @param {() => VNode} make
 */
export function memo(thing, signs, make) {
  const sign = signs.join('\n');
  const before = kept.get(thing);
  if (before?.sign === sign) return before.node;
  const node = make();
  kept.set(thing, { sign, node });
  return node;
}

/**
 * @param {any} node
 * @param {string} name
 * @param {any} value
 * @param {any} was
 */
function setProp(node, name, value, was) {
  if (name === 'key' || name === 'ref') return;
  if (name === 'style') {
    for (const rule of Object.keys(was ?? {})) if (!value || !(rule in value)) node.style.removeProperty(rule);
    for (const rule of Object.keys(value ?? {})) if (value[rule] !== was?.[rule]) node.style.setProperty(rule, value[rule]);
  } else if (name.startsWith('on')) node[name] = value ?? null;
  else if (PROPERTIES.has(name)) {
    if (node[name] !== value) node[name] = value;
  } else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? '' : value);
}

/** @param {VNode} next @returns {any} */
function create(next) {
  if (next.tag === '#') return (next.node = document.createTextNode(next.text));
  const node = /^(svg|path)$/.test(next.tag) ? document.createElementNS(SVG, next.tag) : document.createElement(next.tag);
  next.node = node;
  patch(node, [], next.kids);
  for (const name of Object.keys(next.props)) setProp(node, name, next.props[name], undefined);
  next.props.ref?.(node);
  return node;
}

/** @param {VNode} old @param {VNode} next */
function update(old, next) {
  if (old === next) return;
  const node = (next.node = old.node);
  if (next.tag === '#') {
    if (old.text !== next.text) node.data = next.text;
    return;
  }
  for (const name of Object.keys(old.props)) if (!(name in next.props)) setProp(node, name, undefined, old.props[name]);
  patch(node, old.kids, next.kids);
  for (const name of Object.keys(next.props)) {
    const value = next.props[name];
    if (value !== old.props[name] || PROPERTIES.has(name)) setProp(node, name, value, old.props[name]);
  }
}

/**
 * Makes the children of `parent`, described by `old`, agree with `next`.
 * @param {Node} parent
 * @param {VNode[]} old
 * @param {VNode[]} next
 */
export function patch(parent, old, next) {
  const keyed = new Map();
  /** @type {VNode[]} */
  const placed = [];
  for (const was of old) if (was.key === undefined) placed.push(was); else keyed.set(was.key, was);
  const unused = new Set(old);
  let place = 0;
  for (const now of next) {
    const was = now.key === undefined ? placed[place++] : keyed.get(now.key);
    if (was?.tag && was.tag === now.tag && unused.delete(was)) update(was, now);
    else if (now.tag) create(now);
  }
  for (const was of unused) if (was.tag && was.node.parentNode === parent) parent.removeChild(was.node);
  let cursor = parent.firstChild;
  for (const { tag, node } of next) {
    if (!tag) continue;
    // One that went back in the list is put aside, so that all that follow it need not be moved.
    if (cursor && node === cursor.nextSibling) {
      parent.appendChild(cursor);
      cursor = node;
    }
    if (node === cursor) cursor = cursor?.nextSibling ?? null;
    else parent.insertBefore(node, cursor);
  }
}
