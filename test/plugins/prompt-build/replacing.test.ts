// What a user puts in the place of sections, or on top of them, in `milton.config.ts`.
import { afterEach, describe, expect, test } from 'vitest';
import { queue } from '../../../src/pipeline/queue.ts';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { ProcessRunner } from '../../../src/pipeline/services.ts';
import type { ConfigProblems } from '../../../src/pipeline/setup/problems.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { promptBuild } from '../../../src/plugins/prompt-build/prompt-build.ts';
import type { PromptInput, Section } from '../../../src/plugins/prompt-build/section.ts';
import { brief, outline, prompt, verdict } from '../../../src/plugins/slots.ts';
import { given, type Trial, trial } from '../../../src/testing.ts';

type Options = NonNullable<Parameters<typeof promptBuild>[0]>;

let open: Trial | undefined;
afterEach(async () => {
  await open?.stop();
  open = undefined;
});

const asked = { kind: 'CODE', text: 'add a login', repository: 'app', agent: 'claude' } as const;
const found = { by: 'web', text: 'Use passkeys.', sources: [] };

/** The prompt and its outline, or the last thing the phone is told. */
async function built(options: Options): Promise<{ text: string; names: string[]; said: string | undefined }> {
  let made = { text: '', names: [] as string[] };
  open = await trial(
    [
      ...[queue(), given(verdict, asked), given(brief, found), promptBuild(options)],
      (run) => {
        made = { text: run.get(prompt)!, names: run.get(outline)!.map(({ name }: { name: string }) => name) };
        run.conclude({ outcome: 'done', notice: { title: 'done' } });
      },
    ],
    { services: [bind(ProcessRunner, () => new ExecaProcessRunner())] },
  );
  open.send('CODE: add a login');
  await open.idle();
  return { ...made, said: open.said.at(-1) };
}

const USUAL = ['task', 'repository', 'criteria', 'work', 'tests', 'security', 'limits', 'background', 'report'];

test('one section is replaced, another left out, and the rest stays', async () => {
  const usual = await built({});
  await open?.stop();
  const { text, names } = await built({ sections: { security: () => '# Security\n- Ours.', tests: false } });
  expect(names).toEqual(USUAL.filter((name) => name !== 'tests'));
  expect(text).toContain('\n\n# Security\n- Ours.\n\n# Limits\n');
  const parts = (all: string) =>
    all.split(/\n\n(?=# )/).filter((part) => !/^# (?:Background|Security|Tests)/.test(part));
  expect(parts(text)).toEqual(parts(usual.text));
});

test('one that changes what it is given changes nothing for the others', async () => {
  const usual = await built({});
  await open?.stop();
  const spoil: Section = (input) => {
    Object.assign(input.facts, { commands: {}, guides: [] });
    Object.assign(input.task, { text: 'something else' });
    return undefined;
  };
  const spoilTask: Section = (input) => {
    spoil(input);
    return '# Task\nadd a login';
  };
  expect((await built({ sections: { repository: spoil } })).text).toContain('- Read before you write');
  await open?.stop();
  const { text } = await built({ sections: { task: spoilTask } });
  expect(text.replace(/research-\w+/g, '')).toBe(usual.text.replace(/research-\w+/g, ''));
});

test('even the request can be told otherwise', async () => {
  const { text } = await built({ sections: { task: ({ task }) => `# Ticket\n> ${task.text}` } });
  expect(text.startsWith('# Ticket\n> add a login\n\n# Repository\n')).toBe(true);
});

test('more sections stand before the background, and are named by their functions', async () => {
  function house() {
    return '# House rules\n- Be kind.';
  }
  const { text, names } = await built({ more: [house, () => '# Second'] });
  expect(names).toEqual([...USUAL.slice(0, 7), 'house', 'more[1]', ...USUAL.slice(7)]);
  expect(text).toMatch(/\n\n# House rules\n- Be kind\.\n\n# Second\n\n# Background/);
});

test('a section knows the request, its kind, the repository and the brief', async () => {
  let input: PromptInput | undefined;
  const look = (given: PromptInput) => {
    input = given;
    return undefined;
  };
  const { names } = await built({ sections: { work: look } });
  expect(names).not.toContain('work');
  expect(input).toMatchObject({ task: asked, kind: 'feature', brief: found, facts: { commands: {} } });
});

test('a section that returns nothing but space is left out', async () => {
  expect((await built({ sections: { security: () => ' \n' } })).names).not.toContain('security');
});

describe('what does not work is told with the section, and what to do', () => {
  const HINT =
    'Correct it in promptBuild() of milton.config.ts: it returns a text, or undefined where it has nothing to say.';

  test.each<[string, Options, string]>([
    [
      'one that throws',
      { sections: { security: ({ brief }) => brief.notes!.summary } },
      `prompt-build: The section "security" of the prompt failed: Cannot read properties of undefined (reading 'summary'). ${HINT}`,
    ],
    [
      'one that returns a promise, also one that fails',
      { sections: { security: async () => Promise.reject(new Error('late')) } } as unknown as Options,
      `prompt-build: The section "security" of the prompt returned a promise. ${HINT}`,
    ],
    [
      'one that returns no text',
      { more: [() => 7] } as unknown as Options,
      `prompt-build: The section "more[0]" of the prompt returned a number. ${HINT}`,
    ],
    [
      'one that returns null',
      { more: [() => null] } as unknown as Options,
      `prompt-build: The section "more[0]" of the prompt returned null. ${HINT}`,
    ],
    [
      'none that says anything',
      { sections: Object.fromEntries(USUAL.map((name) => [name, false])) },
      'prompt-build: The prompt is empty: none of its sections has anything to say. Leave at least the section task in promptBuild() of milton.config.ts.',
    ],
  ])('%s', async (_, options, body) => {
    expect((await built(options)).said).toMatch(/^❌ \[req_\w+\] failed \| /);
    expect(open?.said.at(-1)?.split(' | ')[1]).toBe(body);
    expect((await open?.jobs())?.[0]?.state).toBe('failed');
  });
});

describe('a configuration that cannot work does not start', () => {
  const problemsOf = async (options: object) => {
    const pipeline = [queue(), given(verdict, asked), given(brief, found), promptBuild(options)];
    const error = await trial(pipeline).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return (error as ConfigProblems).problems;
  };
  const KNOWN = `It knows ${USUAL.join(', ')}; a new one goes into more`;

  test('a name that is mistyped is told with what was meant, and one that is unknown with those there are', async () => {
    expect(await problemsOf({ sections: { securty: () => '', xyzzy: false } })).toEqual([
      {
        where: 'prompt-build().sections',
        what: `there is no section "securty". Did you mean "security"? ${KNOWN}`,
        repair: 'Correct it in milton.config.ts',
      },
      expect.objectContaining({ what: `there is no section "xyzzy". ${KNOWN}` }),
    ]);
  });

  test.each<[object, string, RegExp]>([
    [{ sections: { tests: '# Tests' } }, 'prompt-build().sections.tests', /^expected a function .*or false/],
    [{ sections: { tests: true } }, 'prompt-build().sections.tests', /^expected a function .*or false/],
    [{ sections: () => '' }, 'prompt-build().sections', /^expected sections by name/],
    [{ sections: [] }, 'prompt-build().sections', /^expected sections by name/],
    [{ more: ['# More'] }, 'prompt-build().more.0', /^expected a function/],
    [{ section: {} }, 'prompt-build()', /^there is no option "section"/],
  ])('%j', async (options, where, what) => {
    expect(await problemsOf(options)).toEqual([
      { where, what: expect.stringMatching(what), repair: expect.any(String) },
    ]);
  });
});
