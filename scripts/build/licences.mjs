import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DIST } from './places.mjs';

const FILE = 'THIRD-PARTY.md';

/** Writes which packages these modules come from, under which licences; returns the file. */
export function writeLicences(modules) {
  const packages = new Map(
    modules
      .filter((id) => id.includes('/node_modules/'))
      .map(packageOf)
      .map((one) => [one.title, one]),
  );
  const texts = [...packages.values()]
    .toSorted((a, b) => (a.title < b.title ? -1 : 1))
    .map(({ title, text }) => `## ${title}\n\n${text}\n`);
  writeFileSync(join(DIST, FILE), ['# What is bundled with Milton\n', ...texts].join('\n'));
  return FILE;
}

/** The package a module belongs to; one without a text of its licence must not be bundled. */
function packageOf(module) {
  let folder = dirname(module.replace(/^\0|\?.*$/g, ''));
  while (!named(folder)) folder = dirname(folder);
  const { name, version, license } = named(folder);
  const file = readdirSync(folder).find((entry) => /^licen[sc]e(\.|$)/i.test(entry));
  if (!file) throw new Error(`${name} has no text of its licence`);
  return { title: `${name} ${version} (${license})`, text: readFileSync(join(folder, file), 'utf8').trim() };
}

function named(folder) {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  return manifest.name && manifest.version ? manifest : undefined;
}
