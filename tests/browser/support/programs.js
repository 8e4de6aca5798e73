// The programs of a real host: a message server for one site, and whatever serves that site.
//
// Owns: processes, and the settings of the message server. Must not: know the host.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { until } from './eyes.js';

const binaries = process.env.NEXTIM_BINARIES ?? new URL('../../../target/debug', import.meta.url).pathname;

export const APIKEY = 'a-key-for-tests';

/** Waits until something answers there. @param {string} url */
export const answers = (url) =>
  until(`${url} answers`, () =>
    fetch(url).then(
      (answer) => answer.ok,
      () => false,
    ),
  );

/**
 * What runs for the tests of one file, and the folder for it.
 */
export class Programs {
  /** @type {import('node:child_process').ChildProcess[]} */
  #children = [];

  /** @param {string} name */
  constructor(name) {
    this.folder = mkdtempSync(join(tmpdir(), `nextim-${name}-`));
  }

  /** @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
  start(program, args, env = process.env) {
    this.#children.push(spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'], detached: true }));
  }

  /** Starts the message server. @param {number} port @param {string} domain @param {string} undelivered where it posts what it could not deliver */
  async serve(port, domain, undelivered) {
    const file = join(this.folder, 'nextim.toml');
    const table = `[[domain]]\nname = "${domain}"\napikeys = ["${APIKEY}"]\nundelivered_url = "${undelivered}"\n`;
    writeFileSync(file, `listen = ["127.0.0.1:${port}"]\npublic_url = "http://127.0.0.1:${port}"\n${table}`);
    // The caller's environment does not configure it.
    this.start(join(binaries, 'nextim'), ['--config', file, '--log', 'warn'], { PATH: process.env.PATH });
    await answers(`http://127.0.0.1:${port}/health`);
  }

  end() {
    // Each with the processes that it has started, which some programs leave behind.
    for (const { pid } of this.#children) if (pid) process.kill(-pid);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
