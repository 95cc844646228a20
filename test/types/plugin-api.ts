// The plugin API as authors meet it, checked by the compiler alone: a line marked with @ts-expect-error must not compile.
import { z } from 'zod';
import {
  bind,
  definePlugin,
  type InlineHandler,
  type PipelineEntry,
  type Run,
  type SlotValue,
  type Step,
  slot,
  token,
} from '../../src/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>() => {};

// slots
const verdict = slot('verdict', z.object({ kind: z.enum(['CODE', 'RESEARCH']), tag: z.string().optional() }));
const twin = slot('twin', z.object({ kind: z.enum(['CODE', 'RESEARCH']), tag: z.string().optional() }));
const files = slot('files', z.strictObject({ count: z.number() }));
const when = slot(
  'when',
  z.codec(z.iso.datetime(), z.date(), { decode: (s) => new Date(s), encode: (d) => d.toISOString() }),
);
is<Equal<typeof verdict.name, 'verdict'>>();
is<Equal<SlotValue<typeof when>, Date>>();
// @ts-expect-error a Date is not JSON
const badDate = () => slot('bad', z.date());
// @ts-expect-error a Map is not JSON
const badMap = () => slot('bad', z.object({ m: z.map(z.string(), z.number()) }));

// a plugin with everything
const full = definePlugin({
  name: 'full',
  options: z.strictObject({ n: z.number(), m: z.string().default('x') }),
  requires: [verdict, when],
  optional: [twin],
  provides: [files],
  setup:
    ({ options }) =>
    async (run, next) => {
      is<Equal<typeof options, { n: number; m: string }>>();
      const kind = run.get(verdict).kind;
      is<Equal<typeof kind, 'CODE' | 'RESEARCH'>>();
      const date = run.get(when);
      is<Equal<typeof date, Date>>();
      const maybe = run.get(twin);
      is<Equal<typeof maybe, { kind: 'CODE' | 'RESEARCH'; tag?: string | undefined } | undefined>>();
      run.set(files, { count: 1 });
      // @ts-expect-error it is not provided
      run.set(verdict, { kind: 'CODE' });
      // @ts-expect-error the value does not fit
      run.set(files, { count: 'x' });
      const done = await run.step('a', async () => ({ sha: 'x', n: 1 }));
      is<Equal<typeof done, { sha: string; n: number }>>();
      await run.step('nothing', async () => {});
      await run.step('context alone', async ({ signal }) => signal.throwIfAborted(), { atMostOnce: true });
      const kinds = await run.step('union', async () =>
        options.n ? { k: 'a' as const } : { k: 'b' as const, l: [1] },
      );
      is<Equal<(typeof kinds)['k'], 'a' | 'b'>>();
      // @ts-expect-error a Date does not survive the journal
      await run.step('b', async () => new Date());
      // @ts-expect-error neither does a Map inside
      await run.step('c', async () => ({ list: [new Map<string, number>()] }));
      // @ts-expect-error retry and atMostOnce exclude each other
      await run.step('d', async () => 1, { retry: 2, atMostOnce: true });
      const recovered = await run.step(
        'e',
        async ({ note }) => {
          await note({ pid: 1 });
          return { ok: true as boolean };
        },
        { atMostOnce: true, recover: async () => ({ ok: false }) },
      );
      is<Equal<typeof recovered, { ok: boolean }>>();
      await next();
    },
});

// an interface as a result has no index signature, and is storable all the same
interface Evidence {
  files: number;
  tests?: { passed: number };
}
definePlugin({
  name: 'evidence',
  setup: () => async (run) => {
    const evidence = await run.step('measure', async (): Promise<Evidence> => ({ files: 1 }));
    evidence.files satisfies number;
  },
});

// undeclared slots
definePlugin({
  name: 'undeclared',
  requires: [verdict],
  setup: () => (run) => {
    // @ts-expect-error it is not listed
    run.get(files);
  },
});

// calling it
full({ n: 1, timeout: 5, as: 'second' }) satisfies Step;
// @ts-expect-error n is missing
const missing = () => full();
// @ts-expect-error a typing mistake
const typo = () => full({ n: 1, mm: 'x' });
const plain = definePlugin({ name: 'plain', setup: () => (_run, next) => next() });
plain() satisfies Step;
plain({ timeout: 1, retries: 2 }) satisfies Step;
// @ts-expect-error it has no options
const noOptions = () => plain({ nope: 1 });

// pipelines
const pipeline: readonly PipelineEntry[] = [
  full({ n: 1 }),
  (run, next) => {
    run.get(verdict)?.kind satisfies string | undefined;
    return next();
  },
  async function named(_run, next) {
    await next();
  },
];
// @ts-expect-error it was not called
const uncalled: readonly PipelineEntry[] = [plain];
const inline: InlineHandler = (run) => {
  // @ts-expect-error an inline function provides nothing
  run.set(files, { count: 1 });
};

// a helper that takes what it needs of a run
const helper = (run: Pick<Run<readonly [typeof verdict]>, 'get'>) => run.get(verdict).kind;
definePlugin({ name: 'helped', requires: [verdict, files], setup: () => (run) => void helper(run) });

// services
interface Runner {
  run(): string;
}
const Runner = token<Runner>('Runner');
bind(Runner, () => ({ run: () => 'x' }));
// @ts-expect-error it is another service
const wrongService = () => bind(Runner, () => ({ now: () => 1 }));
definePlugin({
  name: 'served',
  setup: ({ get }) => {
    const runner = get(Runner);
    is<Equal<typeof runner, Runner>>();
    return () => {};
  },
});

export const used = [badDate, badMap, missing, typo, noOptions, pipeline, uncalled, inline, wrongService];
