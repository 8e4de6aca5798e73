// The programs under test, started as a user would start them.
//
// Owns: processes, the addresses they print, and their end. Must not: send a request.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const binaries = process.env.NEXTIM_BINARIES ?? new URL('../../../target/debug', import.meta.url).pathname;
const startMs = 60_000;

/**
 * A program that runs until a test ends it.
 */
class Program {
  /** @param {string} name @param {string[]} args @param {number} [kibMax] to which its files may grow */
  constructor(name, args, kibMax = 0) {
    this.name = name;
    this.output = '';
    const program = join(binaries, name);
    // A write beyond this size fails, as it does on a disk that is full.
    const bounded = ['-c', `trap '' XFSZ; ulimit -f ${kibMax}; exec "$0" "$@"`, program, ...args];
    this.child = spawn(kibMax ? 'bash' : program, kibMax ? bounded : args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // The caller's environment does not configure it.
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    });
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.once('error', (error) => (this.output += `${error}`));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.output += text));
    }
  }

  /** Waits until the output matches. @param {RegExp} pattern */
  async prints(pattern) {
    const deadline = Date.now() + startMs;
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) return found;
      const gone = this.child.exitCode !== null || this.child.pid === undefined;
      if (gone || Date.now() > deadline) throw new Error(`${this.name} did not print ${pattern}:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** @param {NodeJS.Signals} signal */
  async end(signal = 'SIGTERM') {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    await this.ended;
  }
}

/** A port that no program listens on. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/**
 * The message server by itself, which can be killed and started again at the same address.
 */
export class MessageServer {
  static key = 'a key for tests';
  /** @type {string} */
  url;
  /** @type {string} the address of its watch page, where it has one */
  admin;
  /** @type {string} of a file, but for what stands on the command line */
  settings;
  /** @type {string | undefined} where its settings are, if it has any */
  folder;

  /** @param {{admin?: boolean, holdMs?: number, lingerMs?: number}} [setup] `admin`: it has a watch page; `holdMs`: how long a poll is held; `lingerMs`: how long a user without a page counts as there */
  static async start({ admin = false, holdMs, lingerMs } = {}) {
    const server = new MessageServer();
    const timeouts = { poll_hold_ms_min: holdMs, poll_hold_ms_max: holdMs, linger_ms: lingerMs };
    const lines = Object.entries(timeouts)
      .filter(([, ms]) => ms !== undefined)
      .map(([name, ms]) => `${name} = ${ms}\n`);
    server.settings = lines.length ? `[timeouts]\n${lines.join('')}` : '';
    server.url = `http://127.0.0.1:${await freePort()}`;
    if (admin) server.admin = `http://127.0.0.1:${await freePort()}`;
    await server.again();
    return server;
  }

  async again() {
    const address = (/** @type {string} */ url) => url.slice('http://'.length);
    const admin = this.admin ? ['--admin', address(this.admin)] : [];
    const file = this.settings ? this.#configured() : [];
    this.program = new Program('nextim', [
      '--listen',
      address(this.url),
      '--domain',
      'test',
      '--apikey',
      MessageServer.key,
      ...admin,
      ...file,
    ]);
    await this.program.prints(/listening on/);
  }

  #configured() {
    this.folder ??= mkdtempSync(join(tmpdir(), 'nextim-browser-'));
    const file = join(this.folder, 'nextim.toml');
    writeFileSync(file, this.settings);
    return ['--config', file];
  }

  kill() {
    return this.program.end('SIGKILL');
  }

  async end() {
    await this.program.end();
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * The community, with a message server in the same process or in one of its own.
 */
export class Community {
  /** @type {string} */
  url;
  /** @type {string} of the database */
  folder;
  /** @type {string} */
  file;
  /** @type {string[]} */
  args;

  /** @param {{im?: string, args?: string[]}} [setup] */
  static async start({ im, args = [] } = {}) {
    const community = new Community();
    community.folder = mkdtempSync(join(tmpdir(), 'nextim-browser-'));
    const elsewhere = ['--im', im ?? '', '--domain', 'test', '--apikey', MessageServer.key];
    community.file = join(community.folder, 'community.db');
    community.args = [
      ...['--listen', `127.0.0.1:${await freePort()}`, '--db', community.file],
      ...(im ? elsewhere : ['--im-listen', '127.0.0.1:0']),
      ...args,
    ];
    await community.again();
    return community;
  }

  /** Starts it at the same address, with the same database. @param {number} [kibMax] to which its files may grow */
  async again(kibMax) {
    this.program = new Program('nextim-community', this.args, kibMax);
    [, this.url] = await this.program.prints(/(http:\/\/127\.0\.0\.1:\d+)/);
  }

  /** The size of its largest file. */
  kib() {
    const sizes = readdirSync(this.folder).map((name) => statSync(join(this.folder, name)).size);
    return Math.ceil(Math.max(...sizes) / 1024);
  }

  kill() {
    return this.program.end('SIGKILL');
  }

  async end() {
    await this.program.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
