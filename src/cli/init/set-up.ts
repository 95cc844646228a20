import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_FILE } from '../../../config/find-config.ts';
import { ownFolder } from '../../../config/own-folder.ts';
import {
  checkKeyFolder,
  keyFile,
  readKeys,
  type StoredKeys,
  writeKeys,
} from '../../pipeline/services/keys/key-file.ts';
import { NO_STORED_KEYS, withNewKey, withNewTotp } from '../keys/make.ts';
import type { Answers } from './answers.ts';
import { configText } from './config-text.ts';
import { envText } from './env-text.ts';
import { type Draft, writeFiles } from './write-files.ts';

/** Where a set-up of this user lies. */
export const places = () => ({
  config: join(ownFolder(), CONFIG_FILE),
  env: join(ownFolder(), '.env'),
  keys: keyFile(),
});

/** Which files of a set-up there are already. Without a configuration there is none, whatever else there is. */
export function existing(): readonly string[] {
  const { config, env } = places();
  return [config, env].filter((path) => existsSync(path));
}

/** Makes what is missing of the keys; those that there are stay, since they may be on a phone. @throws MiltonError KEYS_UNSAFE, KEYS_BROKEN */
export function makeKeys({ sending }: Pick<Answers, 'sending'>): void {
  const { keys: path } = places();
  const before: StoredKeys = readKeys(path) ?? NO_STORED_KEYS;
  const signing = before.signing.length > 0 ? before : withNewKey(before);
  const keys = sending === 'codes' && signing.totp === undefined ? withNewTotp(signing) : signing;
  if (keys !== before) writeKeys(path, keys);
}

/** Refuses keys, or a folder for them, that others could read or change. @throws MiltonError KEYS_UNSAFE, KEYS_BROKEN */
export function demandSafeKeys(): void {
  const { keys } = places();
  if (existsSync(ownFolder())) checkKeyFolder(ownFolder());
  readKeys(keys);
}

/** The files of a set-up, as they are to be. */
export const drafts = (answers: Answers): readonly Draft[] => [
  { path: places().env, text: envText(answers) },
  { path: places().config, text: configText(answers) },
];

/**
 * Writes a whole set-up or none of it, in the place of the files that it is told of; returns where those are kept.
 * @throws MiltonError FILE_APPEARED where there is another one by now
 */
export function writeSetUp(answers: Answers, there: readonly string[]): readonly string[] {
  // First, since they are of use without the rest, and the rest is not without them.
  makeKeys(answers);
  return writeFiles(drafts(answers), there);
}
