import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DIST } from './places.mjs';

const FILE = 'THIRD-PARTY.md';
/** Where a licence goes on in the words of all of its kind, behind whose it is. */
const TERMS = /^\s*(?:Permission (?:is hereby granted|to use)|Redistribution and use|Apache License)/m;

/**
 * Writes which packages these modules come from, with the copyright of each, and what several of them say word for word once; returns
 * the file.
 */
export function writeLicences(modules) {
  const folders = new Set(modules.filter((id) => id.includes('/node_modules/')).map(packageOf));
  const terms = Map.groupBy([...folders].map(licenceOf), ({ terms }) => terms.replace(/\s+/g, ' '));
  const heads = (all) => all.map(({ title, head }) => `## ${title}\n${head && `\n${head}\n`}`).toSorted();
  const parts = [...terms.values()].map((all) => `${heads(all).join('\n')}\n${all[0].terms}\n`);
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
  const text = readFileSync(join(folder, file), 'utf8').trim();
  const begin = Math.max(text.search(TERMS), 0);
  return { title: `${name} ${version} (${license})`, head: text.slice(0, begin).trim(), terms: text.slice(begin) };
}

function manifestOf(folder) {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}
