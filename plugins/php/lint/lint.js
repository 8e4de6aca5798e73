// Compiles every PHP file of the plugins with each version of PHP that they are for, and runs none: `node lint.js`.
//
// Owns: the list of versions. Must not: need a PHP of this machine; each version is a package of npm.
//
// A message of the compiler is a failure, also one that only warns: a later version of PHP makes an error of it.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PHP, loadPHPRuntime, setPhpIniEntries } from '@php-wasm/universal';

const VERSIONS = ['8.1', '8.2', '8.3', '8.4', '8.5'];
const PLUGINS = fileURLToPath(new URL('../..', import.meta.url));
const OTHERS = ['node_modules', 'vendor'];
const INI = { display_errors: 'stdout', error_reporting: '32767', html_errors: '0', log_errors: '0' };
/** What must come first in a file: its tag, comments, `declare` and its namespace, or the first of several. */
const HEAD =
  /^(?:#!.*\n)?<\?php\s(?:\s|\/\*[^]*?\*\/|(?:\/\/|#(?!\[)).*\n|declare\s*\([^)]*\)\s*;|namespace\s+[\w\\]+\s*;)*(?:namespace(?:\s+[\w\\]+)?\s*\{)?/;
/** A file that no version compiles: a lint that takes it sees nothing. */
const BROKEN = '<?php function broken(): never|int {}';

/** The paths of all PHP files below a folder. */
function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !OTHERS.includes(entry.name)) {
      yield* files(path);
    } else if (entry.isFile() && entry.name.endsWith('.php')) {
      yield path;
    }
  }
}

/** The source with a statement that ends it before it does anything. Its lines keep their numbers. */
function inert(source) {
  const head = HEAD.exec(source)?.[0];
  return head === undefined ? undefined : `${head}return; ${source.slice(head.length)}`;
}

/** What a PHP says when it compiles a source; an empty text if it is content. */
async function complaint(php, source) {
  const code = inert(source);
  if (code === undefined) {
    return 'it does not begin with <?php';
  }
  try {
    return (await php.run({ code })).text.trim();
  } catch (error) {
    return error.response?.text.trim() || String(error);
  }
}

async function load(version) {
  const { getPHPLoaderModule } = await import(`@php-wasm/node-${version.replace('.', '-')}`);
  const php = new PHP(await loadPHPRuntime(await getPHPLoaderModule()));
  await setPhpIniEntries(php, INI);
  const loaded = (await php.run({ code: '<?php echo PHP_VERSION;' })).text;
  if (!loaded.startsWith(`${version}.`) || (await complaint(php, BROKEN)) === '') {
    throw new Error(`PHP ${version} is not there`);
  }
  return php;
}

const sources = [...files(PLUGINS)].map((path) => [relative(PLUGINS, path), readFileSync(path, 'utf8')]);
let failed = sources.length === 0 ? 1 : 0;
for (const version of VERSIONS) {
  const php = await load(version);
  for (const [path, source] of sources) {
    const text = await complaint(php, source);
    if (text !== '') {
      console.error(`PHP ${version}: plugins/${path}: ${text}`);
      failed += 1;
    }
  }
}
console.log(`${sources.length} files, ${VERSIONS.length} versions of PHP, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
