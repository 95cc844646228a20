import { hash } from 'node:crypto';
import { isGenuine, readSignature, sign } from '../src/plugins/authorise/signature.ts';
import type { Run } from './figures.ts';
import { inTurns } from './statistics.ts';

/** Signatures read and checked, of strangers and of the person, against the two hashes alone that one needs. */
export const run: Run = async ({ quick }) => {
  const [rounds, count] = quick ? [4, 20_000] : [8, 100_000];
  const [key, older] = ['k'.repeat(43), 'o'.repeat(43)] as const;
  const wires = Array.from({ length: 1_000 }, (_, i) => sign(`CODE: add a login page, number ${i}`, key));
  const perSecond = (work: (wire: string) => unknown) => async () => {
    const began = performance.now();
    for (let i = 0; i < count; i++) work(wires[i % wires.length]!);
    return count / (performance.now() - began);
  };
  const { own, strange, hashes } = await inTurns(rounds, {
    own: perSecond((wire) => isGenuine(readSignature(wire)!, [key, older])),
    strange: perSecond((wire) => isGenuine(readSignature(wire)!, [older])),
    hashes: perSecond((wire) => hash('sha256', `${key}\n${hash('sha256', `${key}\n${wire}`)}`)),
  });
  const reference = { what: 'two hashes', value: Math.max(...hashes) };
  return [
    // Two keys, each with both spellings of the first hash: three hashes for each key.
    {
      what: 'signatures verified, with two keys',
      unit: 'k/s',
      value: Math.max(...own),
      reference,
      targets: [{ ratioAtLeast: 0.2 }],
    },
    {
      what: 'the same of a stranger, with one key',
      unit: 'k/s',
      value: Math.max(...strange),
      reference,
      targets: [{ ratioAtLeast: 0.35 }],
    },
  ];
};
