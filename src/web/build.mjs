// Builds what browsers load: one script and one stylesheet.
//
// Owns: `dist/`, and the promise of how large it may be.
// Must not: change what the sources say; it joins them and takes out the spaces.
//
//   node build.mjs          writes dist/
//   node build.mjs --check  says whether dist/ is what the sources give, and writes nothing

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const GZIP_BYTES_MAX = 30 * 1024; // of the script and the stylesheet together
const TARGET = ['chrome111', 'edge111', 'firefox115', 'safari16.4'];

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, 'dist');

/** One file joined and minified, as bytes. */
async function bundle(entry, options) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    target: TARGET,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
  });
  return Buffer.from(result.outputFiles[0].contents);
}

const files = {
  'webim.js': await bundle('main.js', { format: 'iife' }),
  'webim.css': await bundle('widget/widget.css', {}),
};

let bytes = 0;
for (const [name, content] of Object.entries(files)) {
  const zipped = gzipSync(content, { level: 9 }).length;
  bytes += zipped;
  console.log(`${name.padEnd(10)} ${content.length} bytes, ${zipped} gzipped`);
}
console.log(`together   ${bytes} gzipped, at most ${GZIP_BYTES_MAX}`);
if (bytes > GZIP_BYTES_MAX) fail('too large');

if (process.argv.includes('--check')) {
  for (const [name, content] of Object.entries(files)) {
    const there = await readFile(join(dist, name)).catch(() => null);
    if (!there?.equals(content)) fail(`dist/${name} is not what the sources give: npm run build`);
  }
} else {
  await mkdir(dist, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(dist, name), content);
}

function fail(why) {
  console.error(why);
  process.exit(1);
}
