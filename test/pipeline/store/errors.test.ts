import { describe, expect, it } from 'vitest';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import { storeError } from '../../../src/pipeline/store/sqlite/errors.ts';

const sqliteError = (errcode: number) => Object.assign(new Error('said SQLite'), { code: 'ERR_SQLITE_ERROR', errcode });

describe('storeError', () => {
  it.each([
    [5, 'STORE'],
    [7, 'STORE'],
    [8, 'STORE_READONLY'],
    [10, 'STORE'],
    [10 | (3 << 8), 'STORE'],
    [11, 'STORE_CORRUPT'],
    [11 | (1 << 8), 'STORE_CORRUPT'],
    [13, 'STORE_FULL'],
    [14, 'STORE'],
    [26, 'STORE_CORRUPT'],
  ])('makes result code %i %s', (errcode, code) => {
    const cause = sqliteError(errcode);
    const error = storeError(cause, '/state/milton.db');
    expect(error).toBeInstanceOf(MiltonError);
    expect(error).toMatchObject({ code, cause, hint: expect.any(String) });
    expect((error as Error).message).toContain('/state/milton.db');
  });

  it.each([
    ['ENOSPC', 'STORE_FULL'],
    ['EDQUOT', 'STORE_FULL'],
    ['EROFS', 'STORE_READONLY'],
    ['EACCES', 'STORE_READONLY'],
  ])('makes %s of the system %s', (system, code) => {
    expect(storeError(Object.assign(new Error(), { code: system }), 'f')).toMatchObject({ code });
  });

  it('leaves a mistake in the program as it is', () => {
    for (const error of [sqliteError(1), sqliteError(19), new TypeError('x'), new MiltonError('X', 'x')]) {
      expect(storeError(error, 'f')).toBe(error);
    }
  });
});
