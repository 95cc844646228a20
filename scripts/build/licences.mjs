import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DIST } from './places.mjs';

const FILE = 'THIRD-PARTY.md';

/** Writes which packages these modules come from, and under which licences, each text once; returns the file. */
export function writeLicences(modules) {
  const folders = new Set(modules.filter((id) => id.includes('/node_modules/')).map(packageOf));
  const texts = Map.groupBy([...folders].map(licenceOf), ({ text }) => text);
  const parts = [...texts].map(([text, all]) => `${all.map(({ title }) => `## ${title}\n`).join('')}\n${text}\n`);
  writeFileSync(join(DIST, FILE), ['# What is bundled with Milton\n', ...parts.toSorted()].join('\n'));
  return FILE;
}

/** The folder of the package a module belongs to. */
function packageOf(module) {
  let folder = dirname(module.replace(/^\0|\?.*$/g, ''));
  while (!manifestOf(folder).version) folder = dirname(folder);
  return folder;
}

/** A package without a text of its licence must not be bundled. */
function licenceOf(folder) {
  const { name, version, license } = manifestOf(folder);
  const file = readdirSync(folder).find((entry) => /^licen[sc]e(\.|$)/i.test(entry));
  if (!file) throw new Error(`${name} has no text of its licence`);
  return { title: `${name} ${version} (${license})`, text: readFileSync(join(folder, file), 'utf8').trim() };
}

function manifestOf(folder) {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}
