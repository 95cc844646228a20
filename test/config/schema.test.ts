import { expect, test } from 'vitest';
import { checkShape, defineConfig } from '../../config/schema.ts';
import { defineAgent, defineStore, defineTransport } from '../../src/pipeline/part.ts';
import { definePlugin } from '../../src/pipeline/plugin.ts';
import { Clock } from '../../src/pipeline/services.ts';
import { bind } from '../../src/pipeline/token.ts';

const never = () => {
  throw new Error('not set up here');
};
const phone = defineTransport({ name: 'phone', create: never });
const store = defineStore({ name: 'store', create: never });
const agent = defineAgent({ name: 'agent', create: never });
const step = definePlugin({ name: 'step', setup: never });

const good = {
  repositories: { app: { path: '/srv/app' } },
  transports: [phone()],
  store: store(),
  agents: [agent()],
  pipeline: [step(), () => {}],
  services: [bind(Clock, never)],
  concurrency: 2,
};
const lines = (config: unknown) => checkShape(config).map(({ where, what, repair }) => `${where}: ${what}. ${repair}`);

test('a good configuration has no problems, and defineConfig returns it', () => {
  expect(checkShape(good)).toEqual([]);
  expect(defineConfig(good)).toBe(good);
});

test.each<[string, unknown, string]>([
  [
    'transport',
    { ...good, transport: [] },
    'milton.config.ts: there is no field "transport". Did you mean "transports"?',
  ],
  ['nothing near', { ...good, zzzzzzzz: 1 }, 'milton.config.ts: there is no field "zzzzzzzz". It knows repositories,'],
  [
    'repository field',
    { ...good, repositories: { app: { path: '/a', agnet: 'x' } } },
    'repositories.app: there is no field "agnet". Did you mean "agent"?',
  ],
  ['repository text', { ...good, repositories: { app: '/a' } }, `repositories.app: expected { path: '…' }, got "/a".`],
  [
    'repository path',
    { ...good, repositories: { app: {} } },
    'repositories.app.path: expected the path of a git checkout, got nothing.',
  ],
  ['no repository', { ...good, repositories: {} }, 'repositories: it is empty;'],
  [
    'confine text',
    { ...good, repositories: { app: { path: '/a', confine: 'no' } } },
    'repositories.app.confine: expected true or false, got "no".',
  ],
  ['repository list', { ...good, repositories: [] }, `repositories: expected { app: { path: '…' } }, got a list.`],
  [
    'uncalled transport',
    { ...good, transports: [phone] },
    'transports[0]: expected a transport such as ntfy(), got a function that was not called. Call it: write () behind its name',
  ],
  [
    'uncalled step',
    { ...good, pipeline: [step(), step] },
    'pipeline[1]: expected a step such as research(), got a function that was not called. Call it',
  ],
  [
    'uncalled store',
    { ...good, store },
    'store: expected a store such as sqlite(), got a function that was not called. Call it',
  ],
  [
    'agent as transport',
    { ...good, transports: [agent()] },
    'transports[0]: expected a transport such as ntfy(), got a agent. Move it to agents',
  ],
  [
    'step as agent',
    { ...good, agents: [step()] },
    'agents[0]: expected an agent such as claude(), got a step. Move it to pipeline',
  ],
  [
    'transport in the pipeline',
    { ...good, pipeline: [phone()] },
    'pipeline[0]: expected a step such as research(), got a transport. Move it to transports',
  ],
  [
    'a text as a step',
    { ...good, pipeline: ['research'] },
    'pipeline[0]: expected a step such as research(), got "research". Write research() there',
  ],
  ['not a list', { ...good, agents: agent() }, 'agents: expected a list such as [claude()], got a agent.'],
  ['empty list', { ...good, agents: [] }, 'agents: the list is empty;'],
  ['no list', { ...good, pipeline: undefined }, 'pipeline: expected a list'],
  ['binding', { ...good, services: [Clock] }, 'services[0]: expected bind(Token, factory), got'],
  ['concurrency', { ...good, concurrency: 0 }, 'concurrency: expected 1 or more.'],
  ['much concurrency', { ...good, concurrency: 1000 }, 'concurrency: expected 64 or less.'],
  ['concurrency text', { ...good, concurrency: '4' }, 'concurrency: expected a whole number from 1 to 64, got "4".'],
  ['a function', () => good, 'milton.config.ts: its default export is a function that was not called'],
  ['nothing', null, 'milton.config.ts: its default export is null'],
])('%s', (_, config, expected) => {
  const found = lines(config);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(expected);
});

test('everything wrong is told at once', () => {
  expect(lines({ pipline: [], transports: [phone], concurrency: 1.5 })).toHaveLength(7);
});
