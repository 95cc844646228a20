import { statSync } from 'node:fs';
import { readKeys } from './key-file.ts';
import type { KeySet, Keys } from './keys.ts';

/** The keys of a file, read again whenever it has changed. */
export class LiveKeys implements Keys {
  readonly #path: string;
  #stamp = '';
  #keys: KeySet = { signing: [] };

  constructor(path: string) {
    this.#path = path;
  }

  current(): KeySet {
    const stamp = stampOf(this.#path);
    if (stamp !== this.#stamp) {
      const { signing = [], replies = [], totp } = readKeys(this.#path) ?? {};
      this.#keys = { signing: signing.map(({ secret }) => secret), replies, totp };
      this.#stamp = stamp;
    }
    return this.#keys;
  }
}

/** By what a change shows; empty where there is no file. */
function stampOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : '';
}
