// Checks what Milton is installed with: check-packages.mjs [FOLDER]
// Each package in the lock file has a hash and a licence Milton can live with, none but the named ones runs a script when it is
// installed, and npm knows of no vulnerability in what is shipped: what is installed with Milton, or bundled with it. Whatever is
// wrong is named, and the exit code is 1.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));
const ALLOWED = [
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  '0BSD',
  'CC0-1.0',
  'Python-2.0',
];
/** Only asks for the source of its own files, so that a tool may have it which is not shipped. */
const FOR_TOOLS = ['MPL-2.0'];

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const { packages } = read(join(folder, 'package-lock.json'));
const { allowScripts = {}, scripts = {} } = read(join(folder, 'package.json'));
const bundled = new Set(bundledWith(join(folder, 'dist/THIRD-PARTY.md')));

/** The names in the list that the build writes. */
function bundledWith(file) {
  if (!scripts.build) return [];
  if (!existsSync(file)) throw new Error(`${file} is missing, which tells what is bundled. Run: npm run build`);
  return [...readFileSync(file, 'utf8').matchAll(/^## (\S+) \d/gm)].map(([, name]) => name);
}

/** What the package itself says, or the lock file where it is for another system. */
function licenceOf(path, locked) {
  const file = join(folder, path, 'package.json');
  const { license, licenses } = existsSync(file) ? read(file) : { license: locked.license };
  const said = license ?? licenses;
  return [said]
    .flat()
    .map((one) => (typeof one === 'object' ? one?.type : one) ?? 'none')
    .join(' OR ');
}

/** One of several by OR, each of several by AND; of brackets only those around the whole. */
function allowed(licence, list) {
  const plain = licence.replace(/^\((.*)\)$/, '$1');
  if (/[()]/.test(plain)) return false;
  return plain.split(' OR ').some((choice) => choice.split(' AND ').every((name) => list.includes(name.trim())));
}

const wrong = [];
const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const isTool = (path) => packages[path].dev === true && !bundled.has(nameOf(path));
const entries = Object.entries(packages).filter(([path]) => path !== '');
for (const [path, locked] of entries) {
  const name = nameOf(path);
  const licence = licenceOf(path, locked);
  const list = isTool(path) ? [...ALLOWED, ...FOR_TOOLS] : ALLOWED;
  if (!allowed(licence, list)) wrong.push(`${name}: its licence is ${licence}`);
  if (!/^sha512-/.test(locked.integrity ?? '')) wrong.push(`${name}: the lock file has no sha512 hash of it`);
  if (locked.hasInstallScript && !allowScripts[name]) wrong.push(`${name}: it runs a script when it is installed`);
}
console.log(
  `${entries.length} packages: licences, hashes and install scripts ${wrong.length ? 'are not as they should be' : 'are as they should be'}`,
);

/** What npm knows, or why it knows nothing. */
const audit = await new Promise((done) => {
  execFile('npm', ['audit', '--json'], { cwd: folder }, (error, stdout) => {
    try {
      done(JSON.parse(stdout));
    } catch {
      done({ message: error?.message ?? 'no answer' });
    }
  });
});
if (audit.vulnerabilities === undefined) {
  const why = String(audit.message ?? audit.error?.summary ?? 'no answer').split('\n')[0];
  console.log(`VULNERABILITIES WERE NOT CHECKED: npm audit got no answer (${why})`);
} else {
  const found = Object.values(audit.vulnerabilities)
    .filter(({ nodes = [] }) => nodes.length === 0 || nodes.some((path) => !packages[path] || !isTool(path)))
    .map(({ name, severity, range }) => `${name} ${range}: ${severity}`);
  console.log(
    `npm audit: ${found.length === 0 ? 'nothing is known against what is shipped' : `${found.length} found`}`,
  );
  wrong.push(...found);
}

for (const line of wrong) console.error(line);
process.exitCode = wrong.length > 0 ? 1 : 0;
