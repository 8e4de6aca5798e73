// Builds what browsers load: the script of every page, and the chunks it loads when something is opened.
//
// Owns: `dist/`, the name of the build, and the promise of how large the script of every page may be.
// Must not: change what the sources do; it joins them, and writes them short.
//
//   node build.mjs          writes dist/
//   node build.mjs --check  says whether dist/ is what the sources give, and writes nothing

import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';

const GZIP_BYTES_MAX = 40 * 1024; // of what every page loads, script and style together
const TARGET = ['chrome111', 'edge111', 'firefox115', 'safari16.4'];
/** Stands for the name of the build until all is joined and the name can be made. */
const UNNAMED = '@@nextim-build@';
/** Stand for the function that `start.js` becomes within `main.js`, and for what it is given. */
const START = '__start__';
const ARRIVAL = '__arrival__';

/** The chunks: the module whose exports each has, and its style; the first has what others share. */
const CHUNKS = {
  opened: ['widget/chunk.opened.js', 'widget/rows.css'],
  chat: ['widget/chunk.chat.js', 'widget/chat.css'],
  panels: ['widget/chunk.panels.js', 'widget/panels.css'],
  jsonp: ['jsonp.js'],
  strangers: ['widget/chunk.strangers.js', 'widget/strangers.css'],
  zh: ['widget/words.js'],
};
/** Modules of every page that a chunk may bring along once more: what it needs of them is small. */
const COPIED = new Set([
  'core/backoff.js',
  'core/graphemes.js',
  'core/limits.js',
  'core/lines.js',
  'core/model/chats.js',
  'core/shape.js',
  'core/outbox.js',
  'core/ring.js',
  'widget/roster.js',
  'widget/style.js',
  'widget/text.js',
]);

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, 'dist');

/** One entry joined and minified: its text, and the sources that are in it. */
async function bundle(entry, options) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    target: TARGET,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  const sources = Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0);
  return { text: outputFiles[0].text, sources: new Set(sources) };
}

const style = async (entry) => (await bundle(entry, {})).text.trim();

/** A script once more, as short as it can be; names are given by how often they are used, so that it compresses well. */
async function shortened(text, isModule) {
  const { code = '' } = await minify(text, { ecma: 2020, module: isModule, compress: { passes: 2 } });
  return `${code}\n`;
}

/** What runs where the language is as the browser made it; and what has to run anywhere, and finds out. */
const start = await bundle('start.js', {
  format: 'iife',
  define: { BUILD: JSON.stringify(UNNAMED), STYLE: JSON.stringify(await style('widget/widget.css')), ARRIVAL },
});
const main = await bundle('main.js', { format: 'iife', define: { START } });

/** What a chunk imports instead of joining it: what the page's script shares with all, and the first chunk with others. */
const SHARED = ['widget/share.js', CHUNKS.opened[0]];
const importing = {
  name: 'importing',
  setup: (it) =>
    it.onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
      const file = relative(here, join(resolveDir, path));
      return SHARED.includes(file) && kind !== 'entry-point' ? { path: file, external: true } : undefined;
    }),
};

/** A module that names its build and carries its style; what it exports is made of what is shared. */
async function chunk(name, [entry, css]) {
  const { text, sources } = await bundle(entry, { format: 'cjs', plugins: [importing] });
  for (const file of sources) {
    if (start.sources.has(file) && !COPIED.has(file)) fail(`${file} is in every page: ${name} may have no copy of it`);
  }
  const parts = { build: UNNAMED, css: css ? await style(css) : '' };
  const names = Object.entries(parts).map(([key, value]) => `export const ${key}=${JSON.stringify(value)};`);
  return shortened(`${names.join('')}export default(require,module)=>{${text.trim()}};`, true);
}

const texts = {
  'webim.js': await shortened(`((${START})=>{${main.text}})((${ARRIVAL})=>{${start.text}})`, false),
};
for (const [name, sources] of Object.entries(CHUNKS)) texts[`webim.${name}.js`] = await chunk(name, sources);

const name = createHash('sha256').update(Object.values(texts).join('')).digest('hex').slice(0, 16);
/** @type {Record<string, Buffer>} */
const files = { build: Buffer.from(`${name}\n`) };
for (const [file, text] of Object.entries(texts)) files[file] = Buffer.from(text.replaceAll(UNNAMED, name));

/** How many bytes a browser is sent. */
const zipped = (file) => gzipSync(files[file], { level: 9 }).length;

for (const file of Object.keys(texts))
  console.log(`${file.padEnd(15)} ${files[file].length} bytes, ${zipped(file)} gzipped`);
const kib = (zipped('webim.js') / 1024).toFixed(1);
console.log(`every page loads ${kib} KiB, script and style together; ${GZIP_BYTES_MAX / 1024} are allowed`);
if (zipped('webim.js') > GZIP_BYTES_MAX) fail(`webim.js is larger than ${GZIP_BYTES_MAX} bytes gzipped`);

const found = await readdir(dist).catch(() => []);
const extra = found.filter((file) => !(file in files));
if (process.argv.includes('--check')) {
  for (const file of extra) fail(`dist/${file} is nothing the sources give: npm run build`);
  for (const [file, content] of Object.entries(files)) {
    const there = await readFile(join(dist, file)).catch(() => null);
    if (!there?.equals(content)) fail(`dist/${file} is not what the sources give: npm run build`);
  }
} else {
  await mkdir(dist, { recursive: true });
  for (const file of extra) await rm(join(dist, file));
  for (const [file, content] of Object.entries(files)) await writeFile(join(dist, file), content);
}

function fail(why) {
  console.error(why);
  process.exit(1);
}
