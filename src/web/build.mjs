// Builds what browsers load: the script of every page, and the chunks it loads when something is opened.
//
// Owns: `dist/`, the name of the build, and the promise of how large the script of every page may be.
// Must not: change what the sources say; it joins them and takes out the spaces.
//
//   node build.mjs          writes dist/
//   node build.mjs --check  says whether dist/ is what the sources give, and writes nothing

import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const GZIP_BYTES_MAX = 40 * 1024; // of what every page loads, script and style together
const TARGET = ['chrome111', 'edge111', 'firefox115', 'safari16.4'];
/** Stands for the name of the build until all is joined and the name can be made. */
const UNNAMED = '@@nextim-build@';

/** The chunks: the module whose exports each has, and its style. */
const CHUNKS = {
  chat: ['widget/chunk.chat.js', 'widget/chat.css'],
  panels: ['widget/chunk.panels.js', 'widget/panels.css'],
  zh: ['widget/words.js'],
};
/** Modules of every page that a chunk may bring along once more: they hold no state. */
const STATELESS = new Set([
  'core/limits.js',
  'core/shape.js',
  'core/ring.js',
  'widget/days.js',
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
  return { text: outputFiles[0].text, sources: new Set(Object.keys(metafile.inputs)) };
}

const style = async (entry) => (await bundle(entry, {})).text.trim();

/** What the page's script shares with its chunks, as `share.js` has it. */
const shared = [...(await readFile(join(here, 'widget/share.js'), 'utf8')).matchAll(/from '(\S+)'/g)].map(([, file]) =>
  join('widget', file),
);

const page = await bundle('main.js', {
  format: 'iife',
  define: { BUILD: JSON.stringify(UNNAMED), STYLE: JSON.stringify(await style('widget/widget.css')) },
});

/** A chunk imports what the page's script shares instead of joining it, and joins nothing else that is there and has a state. */
const sharing = {
  name: 'sharing',
  setup: (it) =>
    it.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const file = relative(here, join(resolveDir, path));
      if (shared.includes(file)) return { path: file, external: true };
      if (page.sources.has(file) && !STATELESS.has(file))
        fail(`${file} is in every page: a chunk may have no copy of it`);
      return undefined;
    }),
};

/** A module that names its build and carries its style; what it exports is made of what the page's script shares. */
async function chunk([entry, css]) {
  const { text } = await bundle(entry, { format: 'cjs', plugins: [sharing] });
  const parts = { build: UNNAMED, css: css ? await style(css) : '' };
  const names = Object.entries(parts).map(([name, value]) => `export const ${name}=${JSON.stringify(value)};`);
  return `${names.join('')}export default(require,module)=>{${text.trim()}};\n`;
}

const texts = { 'webim.js': page.text };
for (const [name, sources] of Object.entries(CHUNKS)) texts[`webim.${name}.js`] = await chunk(sources);

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
