import { expect, test } from 'vitest';
import { fuzzTexts } from '../../torture/security/fuzz-texts.ts';

test('T10: of 1,500 hostile texts no control, escape or invisible character comes out, whatever they go through', async () => {
  expect(await fuzzTexts(1_500, 10)).toMatchObject({ texts: 1_500, bad: 0 });
});
