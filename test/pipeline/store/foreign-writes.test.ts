import { expect, it } from 'vitest';
import type { StoreEvent } from '../../../src/pipeline/store/job-store.ts';
import { begin, final, message, request } from '../../../src/testing/job-store/samples.ts';
import { open } from './support.ts';

it('a daemon soon hears what other processes have written', async () => {
  const daemon = open();
  const beside = open('observe');
  const claim = await begin(daemon, 'm1');
  const { id: question } = await daemon.ask(
    claim,
    'go',
    { title: 'Go?', choices: ['yes', 'no'], timeout: 60_000, onTimeout: 'no' },
    [],
  );
  const events: StoreEvent[] = [];
  daemon.events$.subscribe((event) => events.push(event));
  const effects = [
    { do: 'cancel', job: 'm1', final: final.notice, reply: () => undefined },
    { do: 'answer', question, choice: 'yes', from: 'machine', reply: () => undefined },
  ] as const;
  await beside.accept({ ...request('m2', 'web'), message: message('m2'), effects });
  await expect.poll(() => events.map(({ type }) => type)).toEqual(['queued', 'held', 'outbox', 'cancel', 'answer']);
  expect(events.slice(3)).toEqual([
    { type: 'cancel', job: 'm1' },
    { type: 'answer', question },
  ]);
});
