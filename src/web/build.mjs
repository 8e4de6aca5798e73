// Builds what browsers load: a script, and the stylesheet and the words it loads.
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

const GZIP_BYTES_MAX = 40 * 1024; // of what every page loads: the script and the style
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
  'webim.zh.js': await bundle('widget/words.js', { format: 'esm' }),
  'webim.css': await bundle('widget/widget.css', {}),
};

/** How many bytes a browser is sent. */
const zipped = (name) => gzipSync(files[name], { level: 9 }).length;

for (const name of Object.keys(files)) {
  console.log(`${name.padEnd(12)} ${files[name].length} bytes, ${zipped(name)} gzipped`);
}
if (zipped('webim.js') + zipped('webim.css') > GZIP_BYTES_MAX) fail(`webim.js and webim.css are larger than ${GZIP_BYTES_MAX} bytes gzipped`);

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
