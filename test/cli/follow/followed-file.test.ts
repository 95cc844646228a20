import { appendFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FollowedFile } from '../../../src/cli/follow/followed-file.ts';

let folder: string;
let path: string;
let file: FollowedFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-follow-'));
  path = join(folder, 'out');
  file = new FollowedFile(path, (line) => line.replace('secret', '[hidden]'));
});
afterEach(async () => {
  await file[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function news(whole = false): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of file.read({ whole })) lines.push(...some);
  return lines;
}

it('a file that is not there yet has no lines, and gets them as they are written', async () => {
  expect(await news()).toEqual([]);
  writeFileSync(path, 'one\ntw');
  expect(await news()).toEqual(['one']);
  appendFileSync(path, 'o\nthree');
  expect(await news()).toEqual(['two']);
  expect(await news(true)).toEqual(['three']);
  expect(await news(true)).toEqual([]);
});

it('what takes its place is read from its beginning, after the end of the other', async () => {
  writeFileSync(path, 'old 1\nold 2\n');
  expect(await news()).toEqual(['old 1', 'old 2']);
  appendFileSync(path, 'old 3');
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'new 1\n');
  expect(await news()).toEqual(['old 3', 'new 1']);
  writeFileSync(path, 'x\n');
  expect(await news()).toEqual(['x']);
});

it('the same text made clean goes on where it was left', async () => {
  writeFileSync(path, 'begin\nsecret\n');
  expect(await news()).toEqual(['begin', 'secret']);
  writeFileSync(`${path}.clean`, 'begin\n[hidden]\nlast\n');
  renameSync(`${path}.clean`, path);
  expect(await news()).toEqual(['last']);
});

it('so does one whose first line was made clean, too, and again when that is written anew', async () => {
  writeFileSync(path, 'secret\nsecret\n');
  expect(await news()).toEqual(['secret', 'secret']);
  for (const last of ['three', 'three\nfour']) {
    writeFileSync(`${path}.clean`, `[hidden]\n[hidden]\n${last}\n`);
    renameSync(`${path}.clean`, path);
    expect(await news()).toEqual([last.split('\n').at(-1)]);
  }
});

it('one that was deleted ends there, and a link is not followed', async () => {
  writeFileSync(path, 'one\n');
  expect(await news()).toEqual(['one']);
  unlinkSync(path);
  expect(await news()).toEqual([]);
  writeFileSync(join(folder, 'elsewhere'), 'not mine\n');
  symlinkSync(join(folder, 'elsewhere'), path);
  expect(await news()).toEqual([]);
});

it('more than fits into memory at once comes in pieces', async () => {
  writeFileSync(
    path,
    'x'
      .repeat(1023)
      .concat('\n')
      .repeat(6 * 1024),
  );
  const pieces: number[] = [];
  for await (const some of file.read()) pieces.push(some.length);
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.reduce((a, b) => a + b)).toBe(6 * 1024);
});
