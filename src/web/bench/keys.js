// How long the bar takes for a key where the contacts are thousands.
//
// Owns: the figure, which is the processor's time that the page's one thread takes from one key to the next,
// drawing included.
// Must not: need a site; the demo's page makes the contacts up. Its browser is that of tests/browser.
//
//   node bench/keys.js [contacts]

import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';

import { launch } from '../../../tests/browser/support/people.js';

const KEY_MS_MAX = 50;
const KEYS = 40;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

const contacts = Number(process.argv[2] ?? 5000);
const web = new URL('..', import.meta.url);
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://demo');
  const file = new URL(`.${pathname.endsWith('/') ? `${pathname}index.html` : pathname}`, web);
  const stream = createReadStream(file).on('error', () => response.writeHead(404).end());
  stream.once('open', () => response.setHeader('Content-Type', TYPES[extname(file.pathname)] ?? 'text/plain'));
  stream.pipe(response);
}).listen(0, '127.0.0.1');

const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  const { port } = server.address();
  await page.goto(`http://127.0.0.1:${port}/demo/?contacts=${contacts}`);
  await page.getByRole('button', { name: /^Contacts/ }).click();
  const search = page.getByRole('searchbox');
  await search.waitFor();
  await page.getByRole('button', { name: /^Bob/ }).first().click();
  const box = page.getByRole('textbox', { name: 'Message to Bob' });
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  /** The processor's time that the page's thread has had. */
  const busyMs = async () =>
    (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
  const spent = [];
  for (const [what, field, text] of [
    ['in a message', box, 'hey, you'],
    ['in the search', search, 'person 1'],
  ]) {
    await field.focus();
    const before = await busyMs();
    await field.pressSequentially(text.repeat(KEYS / text.length));
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
    const ms = ((await busyMs()) - before) / KEYS;
    console.log(`${contacts} contacts, a key ${what}: ${ms.toFixed(1)} ms`);
    spent.push(ms);
  }
  if (Math.max(...spent) > KEY_MS_MAX) {
    console.error(`more than ${KEY_MS_MAX} ms`);
    process.exitCode = 1;
  }
} finally {
  await browser.close();
  server.close();
}
