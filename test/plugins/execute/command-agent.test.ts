import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AgentReport, AgentTask } from '../../../src/pipeline/agent.ts';
import { commandAgent } from '../../../src/plugins/execute/agents/command-agent.ts';
import { commandOptions } from '../../../src/plugins/execute/agents/command-options.ts';
import { commandOutput } from '../../../src/plugins/execute/agents/command-output.ts';
import { fill } from '../../../src/plugins/execute/agents/command-template.ts';
import { anyCli as bin, MODES } from '../../support/any-cli.ts';
import { hermetic, makeAgent } from '../../support/fake-run.ts';
import fc from '../../support/property.ts';

// Every code point, lone surrogates too; fast-check's own unit takes a second to set up.
const anyCharacter = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
const anyPrompt = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.constantFrom(
    '$(touch x)',
    'a\0b',
    '\ud800',
    '`id`',
    '"; rm -rf . #',
    "'\n'",
    '{{model}}',
    '{{prompt}}',
    '$&',
    '-rf',
    '--help',
    '',
  ),
);
const arrived = (prompt: string) => prompt.replaceAll('\0', '').toWellFormed();

describe('commandAgent', () => {
  let home: string;
  let log: string;
  let task: AgentTask;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'milton-command-'));
    log = join(home, 'log.json');
    mkdirSync(join(home, 'work'));
    task = {
      run: `req_${process.pid}`,
      prompt: 'Do it.',
      folder: join(home, 'work'),
      access: 'write',
      output: join(home, 'out', 'agent.out'),
    };
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const make = (options = {}, env: Readonly<Record<string, string>> = {}, variables = {}) =>
    makeAgent(commandAgent({ as: 'any', bin, ...options, env: { FAKE_LOG: log, FAKE_MODE: 'text', ...env } }), {
      variables: { ...hermetic(home), ...variables },
    });
  const called = () => JSON.parse(readFileSync(log, 'utf8'));

  async function run(
    options: object = {},
    env: Readonly<Record<string, string>> = {},
    changes: Partial<AgentTask> = {},
  ): Promise<AgentReport> {
    const agent = await make(options, env);
    return agent.run(
      { ...task, ...changes },
      { signal: new AbortController().signal, note: async () => {}, progress: () => {}, used: () => {} },
    );
  }

  describe('is called', () => {
    it('with its arguments, and the prompt on its standard input', async () => {
      await run({ args: ['run', ['-m', '{{model}}'], '--in={{folder}}'], model: 'big' });
      expect(called()).toMatchObject({ args: ['run', '-m', 'big', `--in=${task.folder}`], prompt: 'Do it.' });
      expect(called().cwd).toBe(task.folder);
    });

    it('without what has no value', async () => {
      await run({ args: ['run', ['-m', '{{model}}'], '--model={{model}}', '{{access}}'] });
      expect(called().args).toEqual(['run', 'write']);
    });

    it('with the model the task asks for', async () => {
      await run({ args: ['{{model}}'], model: 'own' }, {}, { model: 'asked' });
      expect(called().args).toEqual(['asked']);
    });

    it('with a session of its own, which it reports where nothing else is told', async () => {
      const { session } = await run({ args: ['--session', '{{session}}'] });
      expect(session).toMatch(/^[\da-f-]{36}$/);
      expect(called().args).toEqual(['--session', session]);
      expect((await run()).session).toBeUndefined();
    });

    it('with other arguments where it may only read', async () => {
      await run({ args: ['--write'], readArgs: ['--read', '{{access}}'] }, {}, { access: 'read' });
      expect(called().args).toEqual(['--read', 'read']);
    });

    it('never where it may only read and nobody has said how', async () => {
      expect(await run({}, {}, { access: 'read' })).toMatchObject({
        status: 'failed',
        cause: 'other',
        reason: expect.stringMatching(/^It is not set up for RESEARCH\. Give it readArgs in milton\.config\.ts: .*\.$/),
      });
      expect(existsSync(log)).toBe(false);
    });

    it('with the variables it needs, and no secret of Milton', async () => {
      const variables = { NTFY_TOKEN: 'tk', SSH_AUTH_SOCK: '/s', MY_KEY: 'mine' };
      const agent = await make({ envPass: ['MY_KEY'] }, {}, variables);
      const context = {
        signal: new AbortController().signal,
        note: async () => {},
        progress: () => {},
        used: () => {},
      };
      await agent.run(task, context);
      const { env } = called();
      expect(env).toMatchObject({ HOME: home, MY_KEY: 'mine', MILTON_REQUEST_ID: task.run });
      expect(Object.keys(env)).not.toContain('NTFY_TOKEN');
      expect(Object.keys(env)).not.toContain('SSH_AUTH_SOCK');
    });
  });

  describe('gives any prompt as it is', () => {
    const each = (check: (prompt: string) => Promise<void>) =>
      fc.assert(fc.asyncProperty(anyPrompt, check), { numRuns: 15, interruptAfterTimeLimit: 12_000 });

    it('on standard input', () =>
      each(async (prompt) => {
        await run({ args: ['{{folder}}'] }, {}, { prompt });
        expect(called()).toMatchObject({ args: [task.folder], prompt: arrived(prompt) });
      }));

    it('as exactly one argument', () =>
      each(async (prompt) => {
        await run({ args: ['-p', '{{prompt}}', 'x{{prompt}}y'], prompt: 'argument' }, {}, { prompt });
        expect(called()).toMatchObject({ args: ['-p', arrived(prompt), `x${arrived(prompt)}y`], prompt: '' });
      }));

    it('as the last argument where no place is named', () =>
      each(async (prompt) => {
        await run({ args: ['run'], prompt: 'argument' }, {}, { prompt });
        expect(called()).toMatchObject({ args: ['run', '--', arrived(prompt)], prompt: '' });
      }));

    it('as a file that is nobody else’s and goes afterwards', () =>
      each(async (prompt) => {
        await run({ args: ['--file', '{{promptFile}}'], prompt: 'file' }, {}, { prompt });
        const path = `${task.output}.prompt`;
        expect(called()).toMatchObject({ args: ['--file', path], file: { text: arrived(prompt), mode: 0o600 } });
        expect(existsSync(path)).toBe(false);
      }));

    it('never reading what stands in it', () => {
      fc.assert(
        fc.property(anyPrompt, fc.string(), (prompt, model) => {
          const words = fill([['{{prompt}}', '{{model}}'], 'a{{model}}b{{prompt}}'], { prompt, model });
          const clean = [prompt, model, `a${model}b${prompt}`].map((word) => word.replaceAll('\0', ''));
          expect(words).toEqual(clean);
        }),
      );
    });
  });

  it('says that a prompt is too long for an argument, and starts nothing', async () => {
    const options = { args: ['{{prompt}}'], prompt: 'argument' };
    expect(await run(options, {}, { prompt: 'ä'.repeat(65_536) })).toMatchObject({
      cause: 'other',
      reason: "The prompt is too long for an argument (128 KB). Set prompt to 'stdin' or 'file' in milton.config.ts.",
    });
    expect(existsSync(log)).toBe(false);
    expect(await run(options, {}, { prompt: 'x'.repeat(131_071) })).toMatchObject({ status: 'succeeded' });
    expect(await run({}, {}, { prompt: 'ä'.repeat(200_000) })).toMatchObject({ status: 'succeeded' });
  });

  it('removes the file with the prompt also where Milton was restarted, and where nothing began', async () => {
    const options = { args: ['{{promptFile}}'], prompt: 'file' };
    mkdirSync(join(home, 'out'));
    writeFileSync(`${task.output}.prompt`, 'left over');
    expect(await (await make(options)).recover(task, undefined)).toBeUndefined();
    expect(existsSync(`${task.output}.prompt`)).toBe(false);
    const agent = await make(options);
    const context = { signal: AbortSignal.abort(), note: async () => {}, progress: () => {}, used: () => {} };
    await expect(agent.run(task, context)).rejects.toThrow();
    expect(existsSync(`${task.output}.prompt`)).toBe(false);
  });

  describe('reports', () => {
    it.each([
      ['text', { text: 'Using write\nMade made.txt.' }],
      ['json', { text: 'Made made.txt.', session: 'ses_1', tokens: 42 }],
      ['jsonl', { text: 'Made made.txt.', session: 'ses_1', tokens: 42, costUsd: 0.5 }],
    ] as const)('what it says: %s', async (mode, said) => {
      const { durationMs, ...report } = await run(MODES[mode], { FAKE_MODE: mode });
      expect(report).toEqual({ status: 'succeeded', denials: [], ...said });
      expect(durationMs).toBeGreaterThan(0);
    });

    it.each([
      ['text', 'fail', {}, 'other', 'It ended with exit code 4: no credit.'],
      ['text', 'exit', {}, 'other', 'It ended with exit code 3.'],
      ['json', 'fail', {}, 'other', 'no credit.'],
      ['json', 'endless', {}, 'crash', 'It ended without a result (exit code 0): lost the connection.'],
      ['jsonl', 'fail', {}, 'other', 'no credit.'],
      ['jsonl', 'endless', {}, 'crash', 'It ended without a result (exit code 0): lost the connection.'],
      ['jsonl', 'exit', {}, 'crash', 'It reported success, but ended with exit code 3.'],
      ['jsonl', 'exit', { end: undefined }, 'other', 'It ended with exit code 3.'],
      ['text', 'hang', { timeout: 0.5, stopGrace: 300 }, 'timeout', 'It was stopped after 0.5 s (timeout).'],
      [
        'text',
        'work',
        { bin: 'no-such-cli', label: 'Any CLI' },
        'missing',
        'Any CLI is not installed: "no-such-cli" was not found. Install it, or correct its bin in milton.config.ts.',
      ],
    ] as const)('why it failed: %s %s %j', async (mode, act, options, cause, reason) => {
      const report = await run({ ...MODES[mode], ...options }, { FAKE_MODE: mode, FAKE_ACT: act });
      expect(report).toMatchObject({ status: 'failed', cause, reason });
    });

    it.each([
      ['text', {}],
      ['jsonl', { end: undefined }],
      ['jsonl', {}],
    ] as const)('success where its exit code is among those: %s %j', async (mode, options) => {
      const report = await run(
        { ...MODES[mode], ...options, successCodes: [0, 3] },
        { FAKE_MODE: mode, FAKE_ACT: 'exit' },
      );
      expect(report).toMatchObject({ status: 'succeeded', text: 'Done.' });
    });

    it('after a restart only what told its end', async () => {
      const { end: _, ...endless } = MODES.jsonl;
      await run(MODES.jsonl, { FAKE_MODE: 'jsonl' });
      expect(await (await make(MODES.jsonl)).recover(task, null)).toMatchObject({ status: 'succeeded', tokens: 42 });
      expect(await (await make(endless)).recover(task, null)).toBeUndefined();
      await run(MODES.json, { FAKE_MODE: 'json' });
      expect(await (await make(MODES.json)).recover(task, null)).toMatchObject({ text: 'Made made.txt.' });
      const named = { ...MODES.jsonl, paths: { text: 'part.text' }, when: {}, sum: [], args: ['{{session}}'] };
      const asked = { ...named, readArgs: ['{{session}}'] };
      await run(asked, { FAKE_MODE: 'jsonl' });
      expect(await (await make(asked)).recover(task, { session: 'mine' })).toMatchObject({ session: 'mine' });
    });
  });

  describe('reads', () => {
    function read(options: object, lines: readonly string[]) {
      const output = commandOutput(commandOptions.parse({ bin: 'x', ...options }));
      const progress: string[] = [];
      let state = output.begin(undefined);
      for (const line of lines) {
        const heard = output.read(state, line);
        state = heard.state;
        progress.push(...(heard.progress ?? []));
      }
      const exit = { how: 'exited', exitCode: 0, signal: undefined, stderr: '', durationMs: 1 } as const;
      const clean = (text: string) => text;
      const failure = output.failure(state, exit, clean);
      return { ...output.said(state, clean), progress, used: output.used(state), failure };
    }

    it('no object over and over that never comes to its end', () => {
      const parse = vi.spyOn(JSON, 'parse');
      try {
        const noise = [`{"answer":"${'x'.repeat(8e6)}",`, ...Array.from({ length: 300 }, () => '}')];
        const { text } = read(MODES.json, [...noise, '{', '"answer":"Late."', '}']);
        expect(text).toBe('Late.');
        expect(parse.mock.calls.length).toBeLessThan(20);
      } finally {
        parse.mockRestore();
      }
    });

    it('an error of any shape', () => {
      const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
      const lines = (error: string) => [`{"type":"error","error":{"message":${error}}}`, '{"type":"finish"}'];
      expect(read(MODES.jsonl, lines(deep)).failure).toEqual({ cause: 'other', reason: 'It ended with an error.' });
      expect(read(MODES.jsonl, lines('{"toString":1}')).failure?.reason).toBe('{"toString":1}.');
    });

    it('the end of a text, with its paragraphs and without colours', () => {
      expect(read({}, ['', '\u001b[32mOne\u001b[0m', '', '10 %\r20 %\rTwo\r', '']).text).toBe('One\n\nTwo');
      expect(read({}, ['x'.repeat(10_000), 'end']).text).toBe(`${'x'.repeat(4_092)}\nend`);
      expect(read({}, ['😀'.repeat(3_000), '!']).text).toMatch(/^(😀)+\n!$/u);
      expect(
        read(
          {},
          Array.from({ length: 9_000 }, (_, n) => `line ${n}`),
        ).text,
      ).toMatch(/line 8998\nline 8999$/);
    });

    it('one object among other lines, on one line or on many', () => {
      const options = { parser: 'json', paths: { text: 'a.0.t', error: 'e' } };
      for (const space of [0, 2, '\t']) {
        const object = JSON.stringify({ a: [{ t: 'yes' }], more: { deep: {} } }, null, space);
        const lines = ['{ no', 'loading', '{"level":"info"}', ...object.split('\n'), 'bye'];
        expect(read(options, lines)).toMatchObject({ text: 'yes', failure: undefined });
      }
      expect(read(options, ['{"level":"info"}']).failure?.cause).toBe('crash');
      expect(read(options, ['{"a":[{"t":""}]}']).failure).toBeUndefined();
      expect(read(options, ['{"e":{"code":7}}']).failure?.reason).toBe('{"code":7}.');
    });

    it('fields only where the condition of each holds', () => {
      const options = {
        parser: 'jsonl',
        paths: { text: 't', error: 'e', turns: 'n', tokens: ['k', 'deep.k'], progress: 't' },
        when: { text: 'kind=final', error: 'bad=true', turns: 'sub.id=7' },
      };
      const lines = ['{"t":"a  b"}', '{"kind":"final","t":"c","e":"x","k":1,"deep":{"k":2}}', '{"sub":{"id":7},"n":3}'];
      expect(read(options, lines)).toMatchObject({
        ...{ text: 'c', progress: ['a b', 'c'], used: { turns: 3, tokens: 3 }, failure: undefined },
      });
      expect(read(options, ['{"bad":true,"e":"x"}']).failure?.reason).toBe('x.');
      expect(read(options, ['{"t":" ","k":1e999}', '{"k":-1}', '{"k":"9"}'])).toMatchObject({ progress: [], used: {} });
    });

    it.each([
      [null, undefined],
      [false, undefined],
      [[], undefined],
      ['', undefined],
      [true, 'The answer.'],
      ['Bad key', 'Bad key.'],
    ])('%j where an error would stand', (e, reason) => {
      const options = { parser: 'jsonl', paths: { text: 't', error: 'e' } };
      expect(read(options, [JSON.stringify({ t: 'The answer.', e })]).failure?.reason).toBe(reason);
    });

    it('whatever comes, without an end to it', () => {
      const options = { paths: { text: 'text', error: 'constructor', tokens: '__proto__' } };
      for (const parser of ['json', 'jsonl']) {
        fc.assert(
          fc.property(fc.array(fc.oneof(fc.json(), fc.string(), fc.constantFrom('{', '}'))), (lines) => {
            expect(read({ ...options, parser }, lines).used).toEqual({});
          }),
          { numRuns: 50 },
        );
      }
    });
  });

  describe('is configured', () => {
    const problems = (options: object) =>
      commandOptions
        .safeParse({ bin: 'x', ...options })
        .error?.issues.map((each) => `${each.path.join('.')}: ${each.message}`);

    it.each([
      [{ bin: './agent.sh' }, 'bin: expected the name of a program or an absolute path'],
      [
        { args: ['{{promt}}'] },
        /^args\.0: there is no placeholder \{\{promt\}\}\. Did you mean \{\{prompt\}\}\? It knows /,
      ],
      [
        { readArgs: [['-x', '{{tune}}']] },
        /^readArgs\.0: there is no placeholder \{\{tune\}\}\. It knows \{\{prompt\}\}, /,
      ],
      [{ args: [7] }, 'args.0: expected a word or a list of words'],
      [{ args: ['{{prompt}}'] }, 'args: it holds {{prompt}}, so it needs prompt: "argument", not "stdin"'],
      [{ args: ['{{promptFile}}'] }, 'args: it holds {{promptFile}}, so it needs prompt: "file", not "stdin"'],
      [{ prompt: 'file' }, 'args: it holds no {{promptFile}}, which prompt: "file" needs'],
      [
        { prompt: 'argument', args: [['{{model}}', '{{prompt}}']] },
        'args.0: {{prompt}} stands in one entry with {{model}}, and would be left out with it where no model is given',
      ],
      [{ paths: { text: 'a' } }, 'paths: it counts with parser: "json" or "jsonl" only'],
      [{ end: 'a=b' }, 'end: it counts with parser: "json" or "jsonl" only'],
      [{ parser: 'jsonl' }, 'paths.text: parser "jsonl" needs it, to know which field is the answer'],
      [
        { parser: 'json', paths: { text: 'a' }, when: { error: 'a=b' } },
        'paths.error: it is missing, and something is said of it',
      ],
      [{ parser: 'json', paths: { text: 'a..b' } }, 'paths.text: expected a path of fields such as part.text'],
      [{ parser: 'json', paths: { text: 'a' }, end: 'done' }, 'end: expected a condition such as type=text'],
      [{ parser: 'json', paths: { text: 'a' }, when: { txt: 'a=b' } }, 'when: Unrecognized key: "txt"'],
      [{ oldest: '1.0.0' }, 'oldest: it needs probe as well'],
      [{ probe: ['-V'], oldest: '1.0' }, 'oldest: expected a version such as 1.18.0'],
      [{ probe: ['-V'], oldest: '1.0.0', versionPattern: '(' }, 'versionPattern: expected a regular expression'],
      [{ loginHint: 'Log in.' }, 'loginHint: it needs loginProbe as well'],
    ])('with an error: %j', (options, problem) => {
      expect(problems(options)).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
    });

    it('with a name', async () => {
      const nameless = commandAgent as unknown as (options: object) => ReturnType<typeof commandAgent>;
      await expect(makeAgent(nameless({ bin }), { variables: {} })).rejects.toThrow('it has no name');
      expect(await make()).toMatchObject({ name: 'any', label: 'any' });
      expect(await make({ label: 'Any CLI' })).toMatchObject({ name: 'any', label: 'Any CLI' });
    });
  });

  describe('check', () => {
    const version = { probe: ['--version'], oldest: '1.18.0' };
    it.each([
      [{}, {}, undefined],
      [{ bin: 'no-such-cli' }, {}, /^any is not installed: "no-such-cli" was not found\. Install it, or /],
      [{ probe: ['--version'] }, {}, undefined],
      [
        { probe: ['--version'] },
        { FAKE_PROBE: '127' },
        /^any does not work: cannot open shared object\. Run ".*any-cli\.mjs --version" to see it\.$/,
      ],
      [version, {}, undefined],
      [version, { FAKE_VERSION: 'any-cli v1.17.99' }, /^any 1\.17\.99 is too old; it must be 1\.18\.0 or newer\. Run /],
      [version, { FAKE_VERSION: 'any-cli' }, /^any names no version\. Run /],
      [{ ...version, oldest: '2.0.0', versionPattern: String.raw`build ([\d.]+)` }, {}, undefined],
      [{ loginProbe: ['whoami'] }, {}, undefined],
      [
        { loginProbe: ['whoami'] },
        { FAKE_ACT: 'logged-out' },
        /^any is not logged in\. Run ".*any-cli\.mjs whoami" to see it\.$/,
      ],
      [{ loginProbe: ['whoami'], loginHint: 'Run "any login".' }, { FAKE_ACT: 'logged-out' }, /^Run "any login"\.$/],
    ] as const)('%j %j', async (options, env, problem) => {
      expect(await (await make(options, env)).check()).toEqual(problem ? [expect.stringMatching(problem)] : []);
    });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('asks it to stop with %s', async (stop) => {
    const cancel = new AbortController();
    const agent = await make({ stop, stopGrace: 15_000 }, { FAKE_ACT: 'hang' });
    // Not before it is at work: what still starts heeds no signal.
    const progress = () => cancel.abort(new Error('cancelled'));
    const context = { signal: cancel.signal, note: async () => {}, progress, used: () => {} };
    await expect(agent.run(task, context)).rejects.toThrow('cancelled');
    expect(readFileSync(`${task.output}.err`, 'utf8')).toBe(`${stop}\n`);
  });

  it('begins nothing before that is noted, though it does not wait for its prompt', async () => {
    const agent = await makeAgent(commandAgent({ as: 'eager', bin: '/bin/sh', args: ['-c', 'echo > begun'] }), {
      variables: hermetic(home),
    });
    const context = { signal: new AbortController().signal, progress: () => {}, used: () => {} };
    const note = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      throw new Error('the claim is lost');
    };
    await expect(agent.run(task, { ...context, note })).rejects.toThrow('the claim is lost');
    expect(existsSync(join(task.folder, 'begun'))).toBe(false);
    await agent.run(task, { ...context, note: async () => {} });
    expect(existsSync(join(task.folder, 'begun'))).toBe(true);
  });

  it('is a shell script of four lines, too', async () => {
    const script = join(home, 'agent.sh');
    writeFileSync(script, '#!/bin/sh\nread -r wish\necho "$wish" > "$1"\necho "Wrote $1."\n');
    chmodSync(script, 0o755);
    const agent = await makeAgent(commandAgent({ as: 'script', bin: script, args: ['wish.txt'] }), {
      variables: hermetic(home),
    });
    const context = { signal: new AbortController().signal, note: async () => {}, progress: () => {}, used: () => {} };
    const report = await agent.run({ ...task, prompt: 'Add $(id) and "quotes"\n' }, context);
    expect(report).toMatchObject({ status: 'succeeded', text: 'Wrote wish.txt.' });
    expect(readFileSync(join(task.folder, 'wish.txt'), 'utf8')).toBe('Add $(id) and "quotes"\n');
  });
});
