// The page part that is ours, without a page.
//
// Owns: that what is kept of a list is neither lost nor doubled when it moves from one parent to another.
// Must not: need a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { h, patch } from '../widget/dom.js';
import { memo } from '../widget/memo.js';
import { dice } from './sim/clock.js';

/** As much of a node as is needed here. */
class Stub {
  kids = [];
  parentNode = null;
  get firstChild() {
    return this.kids[0] ?? null;
  }
  get nextSibling() {
    const { kids = [] } = this.parentNode ?? {};
    return kids[kids.indexOf(this) + 1] ?? null;
  }
  removeChild(node) {
    this.kids.splice(this.kids.indexOf(node), 1);
    node.parentNode = null;
  }
  insertBefore(node, before) {
    node.parentNode?.removeChild(node);
    this.kids.splice(before ? this.kids.indexOf(before) : this.kids.length, 0, node);
    node.parentNode = this;
  }
  appendChild(node) {
    this.insertBefore(node, null);
  }
  setAttribute() {}
  removeAttribute() {}
}

/** As much of a bar as keeps descriptions. */
const bar = { late: {}, attempt: (make) => make() };

test('A line that moves from one run of lines to another stands there, once', () => {
  globalThis.document = Object.create({ createElement: () => new Stub(), createTextNode: () => new Stub() });
  const random = dice(1);
  for (let round = 0; round < 300; round += 1) {
    const root = new Stub();
    const lines = [...'abcdef'].map((key) => ({ key, version: 0 }));
    let drawn = [];
    for (let frame = 0; frame < 5; frame += 1) {
      const shown = lines
        .map((line) => ({ line, at: random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ line }) => line)
        .slice(0, 3 + Math.floor(random() * 4));
      for (const line of lines) line.version += Number(random() < 0.4);
      const cut = Math.floor(random() * shown.length);
      const runs = [shown.slice(0, cut), shown.slice(cut)].filter((run) => run.length > 0);
      const next = runs.map((run) =>
        h(
          'div',
          { key: run[0].key },
          ...run.map((line) =>
            memo(bar, line, [line.version], () => h('p', { key: line.key }, line.key + line.version)),
          ),
        ),
      );
      patch(root, drawn, next);
      drawn = next;
      const seen = root.kids.flatMap((run) => run.kids.map((line) => line.kids[0].data));
      assert.deepEqual(
        seen,
        shown.map(({ key, version }) => key + version),
        `round ${round}, frame ${frame}`,
      );
    }
  }
});
