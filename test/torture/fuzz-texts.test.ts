import { expect, test } from 'vitest';
import { fuzzTexts } from '../../torture/security/fuzz-texts.ts';

test('T10: of 3,000 hostile texts no control, escape or invisible character comes out, whatever they go through', async () => {
  expect(await fuzzTexts(3_000, 10)).toMatchObject({ texts: 3_000, bad: 0 });
});
