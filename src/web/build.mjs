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

const GZIP_BYTES_MAX = 30 * 1024; // of the script; the stylesheet is a file of its own, which a page loads beside it
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

/** How many bytes a browser is sent. */
const zipped = (name) => gzipSync(files[name], { level: 9 }).length;

const bytes = zipped('webim.js');
console.log(`webim.js   ${files['webim.js'].length} bytes, ${bytes} gzipped, at most ${GZIP_BYTES_MAX}`);
console.log(`webim.css  ${files['webim.css'].length} bytes, ${zipped('webim.css')} gzipped, a file of its own`);
if (bytes > GZIP_BYTES_MAX) fail('webim.js is too large');

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
