import { expect, it } from 'vitest';
import { newRunId, spokenId } from '../../../src/pipeline/run/run-id.ts';

it('makes request ids of characters that are not mistaken for one another', () => {
  const ids = Array.from({ length: 2000 }, newRunId);
  for (const id of ids) expect(id).toMatch(/^req_[abcdefghijkmnpqrstuvwxyz234567]{6}$/);
  expect(new Set(ids).size).toBeGreaterThan(1990);
  expect(new Set(ids.join('').replaceAll('req_', '')).size).toBe(30);
  expect(spokenId(4)).toHaveLength(4);
});
