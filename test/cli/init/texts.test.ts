import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { AgentName, Answers, Sending } from '../../../src/cli/init/answers.ts';
import { configText } from '../../../src/cli/init/config-text.ts';
import { envText, line } from '../../../src/cli/init/env-text.ts';
import { repositoryName } from '../../../src/cli/init/find-repositories.ts';
import { SHORTCUT_STEPS } from '../../../src/cli/init/shortcut-steps.ts';
import { understand } from '../../../src/plugins/classify/understand.ts';
import { read } from '../../support/pages.ts';
import fc from '../../support/property.ts';
import { actions } from '../../support/shortcut.ts';

const answers: Answers = {
  repository: { name: 'app', path: '/home/me/my app' },
  agents: ['rehearsal'],
  server: { baseUrl: 'https://ntfy.sh' },
  askTopic: 'ask',
  answerTopic: 'answer',
  sending: 'shortcut',
};

test('whatever a value holds, Node reads it back from the .env', () => {
  const value = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text) && text.trim() === text);
  fc.assert(
    fc.property(value, (text) => {
      fc.pre(["'", '`', '"'].some((quote) => !text.includes(quote)) && !(text.includes("'") && text.includes('`')));
      expect(parseEnv(`A=1\n${line('X', text)}\nB=2\n`)).toEqual({ A: '1', X: text, B: '2' });
    }),
  );
});

describe('.env', () => {
  test('has what Milton needs, and nothing that is not known', () => {
    expect(parseEnv(envText(answers))).toEqual({
      TARGET_REPO: '/home/me/my app',
      NTFY_BASE_URL: 'https://ntfy.sh',
      ASK_TOPIC: 'ask',
      ANSWER_TOPIC: 'answer',
    });
  });

  test.each([
    ['http://ntfy.lan', 'true'],
    ['https://ntfy.lan', undefined],
    ['http://127.0.0.1:80', undefined],
  ])('%s: crosses the network unencrypted only by a word of its own', (baseUrl, allowed) => {
    expect(parseEnv(envText({ ...answers, server: { baseUrl } })).NTFY_ALLOW_HTTP).toBe(allowed);
  });
});

test('the configuration imports what it uses, and nothing else', () => {
  const agents = fc.uniqueArray(fc.constantFrom<AgentName>('claude', 'codex', 'rehearsal'), { minLength: 1 });
  const sending = fc.constantFrom<Sending>('shortcut', 'codes', 'acl');
  fc.assert(
    fc.property(agents, sending, (names, way) => {
      const text = configText({ ...answers, agents: names, sending: way });
      const [, imports = '', body = ''] = /import \{([^}]*)\} from 'milton-orchestrator';([\s\S]*)/.exec(text) ?? [];
      const imported = imports.split(',').flatMap((name) => name.trim() || []);
      const used = [...body.replace(/\/\/.*/g, '').matchAll(/\b([a-zA-Z]+)(?=\(|\.TARGET)/g)].map(([, name]) => name!);
      expect([...new Set(used)].sort()).toEqual(imported);
    }),
  );
});

test('the steps are those of the configuration in the repository', () => {
  const steps = (text: string) => text.split('pipeline: [')[1]!.match(/^ +\w+\(\)/gm);
  expect(steps(configText(answers))).toEqual(steps(read('milton.config.ts')));
});

test('any folder gives a name that can be spoken to', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (folder) => {
      const name = repositoryName(`/home/me/${folder}`);
      expect(name).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
      const names = { repositories: [name], agents: ['rehearsal', 'claude', 'codex'] };
      expect(understand(`CODE @${name}: add it`, names)).toMatchObject({ is: 'request', repository: name });
    }),
  );
});

test('the steps of the Shortcut are those of the page', () => {
  expect(SHORTCUT_STEPS).toHaveLength(actions.length);
  for (const [index, { name }] of actions.entries()) {
    const said = SHORTCUT_STEPS[index]!('https://ntfy.sh/', 'ask');
    expect(said).toMatch(new RegExp(`^(${name}|If it has)`));
  }
});
