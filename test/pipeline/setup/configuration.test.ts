import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { MiltonConfig } from '../../../src/pipeline/config.ts';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import { nearest } from '../../../src/pipeline/nearest.ts';
import { fromEnv } from '../../../src/pipeline/options.ts';
import { defineStore, defineTransport, isPart, partDefiner } from '../../../src/pipeline/part.ts';
import { definePlugin, type PipelineEntry } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import type { Environment } from '../../../src/pipeline/services.ts';
import { assemble } from '../../../src/pipeline/setup/assemble.ts';
import { effectiveOptions } from '../../../src/pipeline/setup/effective.ts';
import { ConfigProblems, type Problem } from '../../../src/pipeline/setup/problems.ts';
import { slot } from '../../../src/pipeline/slot.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { testServices } from '../../support/core.ts';

const word = slot('word', z.string());
const giver = definePlugin({ name: 'giver', provides: [word], setup: () => (_run, next) => next() });
const taker = definePlugin({ name: 'taker', requires: [word], where: 'work', setup: () => (_run, next) => next() });
const picky = definePlugin({
  name: 'picky',
  options: z.strictObject({
    size: z.number().default(1),
    colour: fromEnv('COLOUR', z.string()),
    apiKey: fromEnv('API_KEY', z.string().optional()),
  }),
  setup: () => (_run, next) => next(),
});

const base = (pipeline: readonly PipelineEntry[]): MiltonConfig => ({
  repositories: {},
  transports: [],
  store: defineStore({ name: 'memory', create: () => memoryStore() })(),
  agents: [],
  pipeline,
});

async function problemsOf(config: MiltonConfig, variables: Record<string, unknown> = {}): Promise<readonly Problem[]> {
  try {
    const milton = await assemble(config, testServices([], variables));
    await milton.close();
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigProblems);
    return (error as ConfigProblems).problems;
  }
}

describe('order', () => {
  test('a slot provided later names the step to move', async () => {
    expect(await problemsOf(base([queue(), taker(), giver()]))).toEqual([
      {
        where: 'taker()',
        what: 'it needs "word", but giver provides it later',
        repair: 'Move giver above taker',
      },
    ]);
  });

  test('a slot nobody provides, a wrong side, a name twice, two providers', async () => {
    const problems = await problemsOf(base([taker(), queue(), giver({ as: 'one' }), giver({ as: 'one' })]));
    expect(problems.map((problem) => `${problem.where} ${problem.what}`)).toEqual([
      'taker() it stands on the wrong side of queue()',
      'taker() it needs "word", but one provides it later',
      'pipeline[3] two steps are called "one"',
      'one() it provides "word", which one already provides',
    ]);
  });

  test('T1: nothing that deals with what is asked stands above the step that decides who may ask', async () => {
    const asked = slot('command', z.string());
    const reader = definePlugin({ name: 'commands', optional: [asked], setup: () => (_run, next) => next() });
    const guard = definePlugin({ name: 'guard', authorises: true, setup: () => (_run, next) => next() });
    expect(await problemsOf(base([guard(), reader(), queue()]))).toEqual([]);
    expect(await problemsOf(base([reader(), guard(), queue()]))).toEqual([
      {
        where: 'pipeline',
        what: 'commands() stands above the step that decides who may start work, and would answer everybody',
        repair: 'Move authorise() above commands()',
      },
    ]);
  });

  test('no queue(), two of them, a plugin not called, something that is no step', async () => {
    expect(await problemsOf(base([]))).toMatchObject([{ where: 'pipeline', what: 'there is no queue()' }]);
    expect(await problemsOf(base([queue(), queue()]))).toMatchObject([{ what: 'there are 2 queue()s' }]);
    const odd = [queue(), giver, 'research', { name: 'x' }] as unknown as PipelineEntry[];
    expect((await problemsOf(base(odd))).map((problem) => `${problem.where}: ${problem.what}`)).toEqual([
      'pipeline[1]: it is a plugin that was not called',
      'pipeline[2]: it is no step',
      'pipeline[3]: it is no step',
    ]);
  });
});

describe('options', () => {
  test('a step whose work must not happen twice takes no retries', async () => {
    const once = definePlugin({ name: 'once', where: 'work', retryable: false, setup: () => (_run, next) => next() });
    expect(await problemsOf(base([queue(), once({ timeout: 5 })]))).toEqual([]);
    for (const retries of [0, 1]) {
      expect(await problemsOf(base([queue(), once({ retries })]))).toEqual([
        {
          where: 'once().retries',
          what: 'this step is never repeated, since what it does must not happen twice',
          repair: 'Leave it out; RETRY from the phone makes a new request',
        },
      ]);
    }
    expect(execute().plugin.retryable).toBe(false);
  });

  test('unknown ones, wrong types and bad limits are all told at once, numbered', async () => {
    const entry = picky({ sise: 3, size: 'big', timeout: -1, retries: 0.5 } as never);
    await expect(assemble(base([queue(), entry]), testServices([], { COLOUR: 'red' }))).rejects.toThrow(
      [
        '1. picky().size: Invalid input: expected number, received string. Correct it in milton.config.ts.',
        '2. picky(): there is no option "sise". Did you mean "size"? It knows size, colour, apiKey.',
        '3. picky().timeout: it must be a number of milliseconds above 0. Correct it in milton.config.ts.',
        '4. picky().retries: it must be a whole number. Correct it in milton.config.ts.',
      ].join('\n'),
    );
  });

  test('an option of a plugin that takes none', async () => {
    expect(await problemsOf(base([queue(), giver({ loud: true } as never)]))).toMatchObject([
      { where: 'giver()', what: 'there is no option "loud"' },
    ]);
  });

  test('come from the configuration, then the environment', async () => {
    const seen: unknown[] = [];
    const spy = definePlugin({
      name: 'spy',
      options: z.strictObject({ colour: fromEnv('COLOUR', z.string()) }),
      setup: ({ options }) => {
        seen.push(options.colour);
        return (_run, next) => next();
      },
    });
    await problemsOf(base([queue(), spy(), spy({ as: 'second', colour: 'blue' })]), { COLOUR: 'red' });
    expect(seen).toEqual(['red', 'blue']);
  });

  test('a missing variable is named as such', async () => {
    expect(await problemsOf(base([queue(), picky()]))).toMatchObject([
      { where: 'COLOUR', repair: 'Set COLOUR, or picky().colour' },
    ]);
  });

  test('are listed with value, origin and secrecy', () => {
    const environment: Environment = {
      get: (name) =>
        name === 'API_KEY'
          ? { value: 'k', origin: '.env', secret: true }
          : { value: undefined, origin: 'default', secret: false },
    };
    const listed = effectiveOptions(base([queue(), picky({ colour: 'red' })]), environment);
    expect(listed).toEqual([
      { part: 'picky', option: 'size', value: 1, origin: 'default', variable: undefined, secret: false },
      { part: 'picky', option: 'colour', value: 'red', origin: 'milton.config.ts', variable: 'COLOUR', secret: false },
      { part: 'picky', option: 'apiKey', value: 'k', origin: '.env', variable: 'API_KEY', secret: true },
    ]);
  });
});

describe('setting up', () => {
  test('runs in order, and cleans up in reverse', async () => {
    const order: string[] = [];
    const part = (name: string) =>
      definePlugin({
        name,
        setup: ({ onClose }) => {
          order.push(`open ${name}`);
          onClose(() => void order.push(`close ${name}`));
          return (_run, next) => next();
        },
      })();
    const milton = await assemble(base([part('a'), queue(), part('b')]), testServices());
    await milton.close();
    expect(order).toEqual(['open a', 'open b', 'close b', 'close a']);
  });

  test('a failure of one step does not hide those of others, and what was set up is cleaned up', async () => {
    const closed: string[] = [];
    const broken = (name: string) =>
      definePlugin({
        name,
        setup: ({ onClose }) => {
          onClose(() => void closed.push(name));
          throw new MiltonError('NO', `${name} does not work.`, { hint: `Fix ${name}.` });
        },
      })();
    const transport = defineTransport({
      name: 'radio',
      create: () => {
        throw new Error('no antenna');
      },
    });
    const config = { ...base([broken('a'), queue(), broken('b')]), transports: [transport()] };
    expect((await problemsOf(config)).map((problem) => `${problem.where} ${problem.what} ${problem.repair}`)).toEqual([
      'radio() no antenna Run with -v to see where it comes from',
      'a() a does not work. Fix a.',
      'b() b does not work. Fix b.',
    ]);
    expect(closed).toEqual(['b', 'a']);
  });

  describe('a part that an option holds', () => {
    const tool = partDefiner<{ readonly size: number; readonly name: string }>('tool');
    const hammer = tool({
      name: 'hammer',
      options: z.strictObject({ size: z.number().default(1), key: fromEnv('HAMMER_KEY', z.string().optional()) }),
      create: ({ name, options, onClose }) => {
        onClose(() => void closed.push(name));
        if (options.size > 9) throw new MiltonError('NO', `${name} is too large.`, { hint: 'Take a smaller one.' });
        return { name, size: options.size };
      },
    });
    const tools: { readonly size: number; readonly name: string }[] = [];
    const closed: string[] = [];
    const box = definePlugin({
      name: 'box',
      options: z.strictObject({
        tools: z.array(z.custom<ReturnType<typeof hammer>>((value) => isPart(value, 'tool'))),
      }),
      async setup({ options, make }) {
        for (const part of options.tools) tools.push(await make(part));
        return (_run, next) => next();
      },
    });

    test('is set up with its own options, and cleaned up', async () => {
      const milton = await assemble(
        base([queue(), box({ tools: [hammer(), hammer({ as: 'mallet', size: 2 })] })]),
        testServices(),
      );
      expect(tools).toEqual([
        { name: 'hammer', size: 1 },
        { name: 'mallet', size: 2 },
      ]);
      await milton.close();
      expect(closed).toEqual(['mallet', 'hammer']);
    });

    test('stops the start with what is wrong with it, by its own name', async () => {
      const wrong = [
        box({ tools: [hammer({ sise: 2 } as never)] }),
        box({ as: 'other', tools: [hammer({ size: 10 })] }),
      ];
      expect(
        (await problemsOf(base([queue(), ...wrong]))).map(({ where, what, repair }) => `${where}: ${what} ${repair}`),
      ).toEqual([
        'hammer(): there is no option "sise" Did you mean "size"? It knows size, key',
        'other(): hammer is too large. Take a smaller one.',
      ]);
    });

    test('is listed among the effective settings, its secrets as such', () => {
      const environment: Environment = {
        get: (name) => (name === 'HAMMER_KEY' ? { value: 'k', origin: '.env', secret: true } : undefined),
      };
      const listed = effectiveOptions(base([queue(), box({ tools: [hammer({ size: 3 })] })]), environment);
      expect(listed.map(({ part, option, value, secret }) => [part, option, value, secret])).toEqual([
        ['box', 'tools', ['hammer()'], false],
        ['hammer', 'size', 3, false],
        ['hammer', 'key', 'k', true],
      ]);
    });
  });

  test('a check opens no store', async () => {
    let opened = 0;
    const store = defineStore({
      name: 'spy',
      create: () => {
        opened++;
        return memoryStore();
      },
    });
    const milton = await assemble({ ...base([queue()]), store: store() }, testServices(), { checkOnly: true });
    await milton.close();
    expect(opened).toBe(0);
  });
});

test('nearest() finds what was meant, and nothing where nothing is close', () => {
  expect(nearest('timout', ['retries', 'timeout'])).toBe('timeout');
  expect(nearest('TIMEOUT', ['timeout'])).toBe('timeout');
  expect(nearest('cancle', ['cancel', 'queue'])).toBe('cancel');
  expect(nearest('banana', ['timeout', 'retries'])).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
});
