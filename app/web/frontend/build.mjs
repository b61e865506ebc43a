// Bundles the scripts and assets that pages need into ../static/dist.
//
// The result is committed: who runs Stellwerk needs no Node. `--check` builds again in memory and compares bytes.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

const HERE = import.meta.dirname;
const DIST = join(HERE, '../static/dist');
const inHere = path => join(HERE, path);

async function bundle() {
  const result = await build({
    absWorkingDir: HERE,
    entryPoints: { viewer: 'src/viewer.js' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    outdir: DIST,
    write: false,
    metafile: true,
    legalComments: 'none',
    // The viewer needs only the icon font's names that it never shows; the fonts stay out.
    loader: { '.woff': 'empty', '.woff2': 'empty', '.ttf': 'empty', '.eot': 'empty', '.svg': 'empty' },
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning'
  });
  const files = Object.fromEntries(result.outputFiles.map(file => [ relative(DIST, file.path), Buffer.from(file.contents) ]));
  const used = new Set(Object.keys(result.metafile.inputs).map(packageOf).filter(Boolean));
  return { files, used };
}

function packageOf(path) {
  return path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1];
}

function sprite() {
  const names = JSON.parse(readFileSync(inHere('src/icons.json'), 'utf8'));
  const symbols = names.map(name => {
    const svg = readFileSync(inHere(`node_modules/@tabler/icons/icons/outline/${name}.svg`), 'utf8');
    const drawing = svg.match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1].replace(/\s+/g, ' ').trim();
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"`
      + ` stroke-linecap="round" stroke-linejoin="round">${drawing}</symbol>`;
  });
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`);
}

function notices(names) {
  const parts = [ ...names ].sort().map(name => {
    const folder = inHere(join('node_modules', name));
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(folder, file), 'utf8').replace(/\r\n/g, '\n').trim() : `Licence: ${license}`;
    return `${name} ${version} (${license})\n${'-'.repeat(72)}\n${text}\n`;
  });
  return Buffer.from(`Packages of others that are part of the files in this folder, with their licences.\n\n${parts.join('\n\n')}`);
}

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap(entry => entry.isDirectory() ? walk(join(folder, entry.name)) : [ join(folder, entry.name) ])
    .sort();
}

const hash = content => createHash('sha256').update(content).digest('hex');

async function everything() {
  const { files, used } = await bundle();
  for (const path of [
    'node_modules/htmx.org/dist/htmx.min.js',
    'node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
    'node_modules/@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2'
  ]) {
    files[basename(path)] = readFileSync(inHere(path));
  }
  files['icons.svg'] = sprite();
  files['THIRD_PARTY.txt'] = notices([ ...used, 'htmx.org', '@fontsource-variable/inter', '@tabler/icons' ]);
  const sources = [ ...walk(inHere('src')), ...[ 'build.mjs', 'package.json', 'package-lock.json' ].map(inHere) ];
  const manifest = {
    inputs: Object.fromEntries(sources.map(path => [ relative(HERE, path), hash(readFileSync(path)) ])),
    outputs: Object.fromEntries(Object.keys(files).sort().map(name => [ name, hash(files[name]) ]))
  };
  files['MANIFEST.json'] = Buffer.from(JSON.stringify(manifest, null, 1) + '\n');
  return files;
}

const files = await everything();
if (process.argv.includes('--check')) {
  const differs = Object.keys(files).filter(name => {
    const path = join(DIST, name);
    return !existsSync(path) || !files[name].equals(readFileSync(path));
  });
  if (differs.length) {
    console.error(`app/web/static/dist does not match its sources: ${differs.join(', ')}. Run: npm run build`);
    process.exit(1);
  }
} else {
  rmSync(DIST, { recursive: true, force: true });
  for (const [ name, content ] of Object.entries(files)) {
    mkdirSync(dirname(join(DIST, name)), { recursive: true });
    writeFileSync(join(DIST, name), content);
  }
}
