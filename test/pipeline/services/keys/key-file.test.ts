import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { newSecret, readKeys, type StoredKeys, writeKeys } from '../../../../src/pipeline/services/keys/key-file.ts';
import { LiveKeys } from '../../../../src/pipeline/services/keys/live-keys.ts';
import { liveRedactor } from '../../../../src/pipeline/services/keys/live-redactor.ts';

const [first, second] = [newSecret(), newSecret()] as const;
const made = '2026-11-26T10:00:00.000Z';
const keys = (...secrets: string[]): StoredKeys => ({
  v: 1,
  signing: secrets.map((secret) => ({ secret, made })),
  replies: [],
});

let path: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'milton-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  path = join(folder, 'milton', 'secrets.json');
});

const mode = (file: string) => statSync(file).mode & 0o777;

describe('the key file', () => {
  it('is written for its owner alone, and read back', () => {
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(readKeys(path)).toBeUndefined();
    writeKeys(path, keys(first));
    expect([mode(path), mode(dirname(path))]).toEqual([0o600, 0o700]);
    expect(readKeys(path)).toEqual(keys(first));
  });

  it.each<[string, () => void]>([
    ['others can read', () => chmodSync(path, 0o640)],
    ['lies in a folder others can write to', () => chmodSync(dirname(path), 0o777)],
    [
      'is a symbolic link',
      () => {
        const real = `${path}.real`;
        writeFileSync(real, readFileSync(path), { mode: 0o600 });
        rmSync(path);
        symlinkSync(real, path);
      },
    ],
    [
      'is a folder',
      () => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
    ...(process.getuid?.() === 0
      ? ([['belongs to another user', () => chownSync(path, 12345, 12345)]] as [string, () => void][])
      : []),
  ])('T12: that %s is not used', (_what, spoil) => {
    writeKeys(path, keys(first));
    spoil();
    expect(() => readKeys(path)).toThrowError(expect.objectContaining({ code: 'KEYS_UNSAFE' }));
  });

  it.each(['', '{', '[]', '{"v":2,"signing":[]}', '{"v":1,"signing":[{"secret":"short"}]}'])(
    'that holds %j is refused without a word of what it holds',
    (text) => {
      mkdirSync(dirname(path), { mode: 0o700 });
      writeFileSync(path, text, { mode: 0o600 });
      const broken = { code: 'KEYS_BROKEN', message: `${path} does not hold the keys as Milton writes them.` };
      expect(() => readKeys(path)).toThrowError(expect.objectContaining(broken));
      expect(() => readKeys(path)).not.toThrowError(expect.objectContaining({ cause: expect.anything() }));
    },
  );
});

describe('live keys', () => {
  it('T18: are those of the file at this moment', () => {
    const live = new LiveKeys(path);
    expect(live.current().signing).toEqual([]);
    writeKeys(path, keys(first));
    expect(live.current().signing).toEqual([first]);
    expect(live.current()).toBe(live.current());
    writeKeys(path, keys(second, first));
    expect(live.current().signing).toEqual([second, first]);
    writeKeys(path, keys(second));
    expect(live.current().signing).toEqual([second]);
    rmSync(path);
    expect(live.current().signing).toEqual([]);
  });

  it('T9: are hidden by the redactor as soon as they are there, and after they are gone', () => {
    const redact = liveRedactor(['other-secret-value'], new LiveKeys(path));
    writeKeys(path, keys(first));
    expect(redact(`the key is ${first}`)).toBe('the key is [redacted]');
    writeKeys(path, keys(second));
    expect(redact(`${first} ${second} other-secret-value`)).toBe('[redacted] [redacted] [redacted]');
    chmodSync(path, 0o644);
    expect(redact(second)).toBe('[redacted]');
  });
});
