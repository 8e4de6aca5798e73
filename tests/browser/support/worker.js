// A site with a service worker of its own, which the community does not have.
//
// Owns: a server before the community that adds the worker's file and forwards everything else. Must not: contain a worker.

import { createServer, request } from 'node:http';

/**
 * @param {string} site the community's address
 * @param {string} worker its source
 * @returns {Promise<{url: string, end: () => Promise<void>}>}
 */
export async function withWorker(site, worker) {
  const server = createServer((asked, answer) => {
    if (asked.url === '/worker.js') return answer.writeHead(200, { 'Content-Type': 'text/javascript' }).end(worker);
    const { method, headers } = asked;
    const passed = request(`${site}${asked.url}`, { method, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 500, given.headers);
      given.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    return asked.pipe(passed);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    end: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
