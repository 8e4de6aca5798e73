// nginx between browsers and the message server.
//
// Owns: its process, its folder and its settings. Must not: know what passes through.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { answers } from './programs.js';
import { freePort } from './servers.js';

/** nginx as it is, but that all it writes is in a folder of its own. @param {string} folder @param {number} port @param {string} server @param {string} options of the location */
const settings = (folder, port, server, options) => `
daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log ${folder}/error.log;
events { worker_connections 256; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${server};
      ${options}
    }
  }
}`;

export class Nginx {
  /** Starts one before a message server. @param {string} server its address @param {string} options of the location */
  static async start(server, options) {
    const nginx = new Nginx();
    nginx.folder = mkdtempSync(join(tmpdir(), 'nextim-nginx-'));
    const port = await freePort();
    const file = join(nginx.folder, 'nginx.conf');
    writeFileSync(file, settings(nginx.folder, port, server, options));
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    nginx.child = spawn('nginx', ['-p', nginx.folder, '-e', 'stderr', '-c', file], { stdio: 'inherit', env });
    nginx.ended = new Promise((resolve) => nginx.child.once('close', resolve));
    nginx.url = `http://127.0.0.1:${port}`;
    await answers(`${nginx.url}/health`);
    return nginx;
  }

  async end() {
    this.child.kill();
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
