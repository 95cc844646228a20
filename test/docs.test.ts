// The pages people read, held to the code: links, paths, commands, options, defaults, and quoted messages.
import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { variables } from '../config/env.ts';
import { parts } from '../scripts/docs/parts.ts';
import { readArguments, splitCommand } from '../src/cli/command-line/arguments.ts';
import { COMMON } from '../src/cli/command-line/common-options.ts';
import { EXIT_CODES } from '../src/cli/command-line/exit-codes.ts';
import { COMMANDS } from '../src/cli/commands.ts';
import * as milton from '../src/index.ts';
import { understand } from '../src/plugins/classify/understand.ts';
import * as testing from '../src/testing.ts';
import { codes, pages, read, root, rows, section, withoutBlocks } from './support/pages.ts';

describe('links and paths', () => {
  const anchorsOf = (page: string) =>
    [...withoutBlocks(read(page)).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replace(/ /g, '-'),
    );

  test.each(pages)('%s links to what exists', (page) => {
    const links = [...withoutBlocks(read(page)).matchAll(/\]\(([^)]+)\)|src="([^"]+)"/g)].map(([, a, b]) => (a ?? b)!);
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      return !existsSync(join(root, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  test.each(pages)('%s names files that exist', (page) => {
    const paths = codes(withoutBlocks(read(page)))
      .filter((code) => /^(?:src|test|config|scripts|bench|docs|\.ci)(?:\/[\w./-]*)?(?: |$)/.test(code))
      .map((code) => code.split(' ')[0]!);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

describe('commands', () => {
  const words = (line: string) =>
    [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
  const typed = (page: string) => {
    const fenced = [...read(page).matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].flatMap(([, block]) => block!.split('\n'));
    return [...codes(withoutBlocks(read(page))), ...fenced.map((line) => line.replace(/\s+#.*$/, '').trim())];
  };
  const asMilton = (line: string) =>
    /^npm (?:run (?:--silent )?milton|start) -- (.+)$/.exec(line)?.[1]?.replace(/^(?=-)/, 'start ') ??
    /^npm run demo -- (.+)$/.exec(line)?.[1]?.replace(/^/, 'demo ') ??
    /(?:^|\| )milton (.+)$/.exec(line)?.[1];

  test.each(pages)('every command in %s exists, with its options', async (page) => {
    for (const line of typed(page)
      .map(asMilton)
      .filter((line) => line !== undefined)) {
      const { name, rest } = splitCommand(words(line));
      if (name === undefined) {
        expect(['--help', '--version'], line).toContain(line);
        continue;
      }
      const command = COMMANDS[name];
      expect(command, `milton ${line}`).toBeDefined();
      if (!rest.includes('--help')) await readArguments(name, command!, rest);
    }
  });

  test.each(pages)('every npm task in %s exists', (page) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const tasks = typed(page).flatMap((line) => /^npm (?:run (?:--silent )?)?([\w:]+)/.exec(line)?.[1] ?? []);
    expect(
      tasks.filter((task) => !(task in scripts) && !['install', 'uninstall', 'ci', 'prefix'].includes(task)),
    ).toEqual([]);
  });

  test('the page of commands has all of them, all options and all exit codes', () => {
    const page = section('docs/commands.md', 'On the command line');
    const missing = Object.entries(COMMANDS).flatMap(([name, { options }]) => [
      ...(page.includes(`\`milton ${name}`) ? [] : [name]),
      ...Object.keys(options).filter((option) => !page.includes(`--${option}`)),
    ]);
    expect([...missing, ...Object.keys(COMMON).filter((option) => !page.includes(`--${option}`))]).toEqual([]);
    const listed = rows(page.split('### Exit codes')[1]!).map(([code, meaning]) => [code, meaning]);
    expect(listed).toEqual(Object.entries(EXIT_CODES));
  });
});

describe('what can be said', () => {
  const names = { repositories: ['app', 'api'], agents: ['claude', 'rehearsal'] };
  const said = (text: string) => rows(text).flatMap(([first = '']) => codes(first));
  const [requests, orders, refused] = ['Requests', 'Commands', 'Nothing is run'].map((title) =>
    said(section('docs/commands.md', 'From the phone').split(`### ${title}\n`)[1]!.split('\n### ')[0]!),
  ) as [string[], string[], string[]];
  const spoken = codes(read('docs/commands.md').split('Dictation is forgiven')[1]!.split('all mean')[0]!);

  test.each([...requests, ...spoken])('%s is a request', (text) => {
    expect(understand(text, names)).toMatchObject({ is: 'request', text: expect.stringMatching(/^(add|how|which) /) });
  });
  test.each(orders)('%s is a command', (text) => {
    const [name] = text.split(' ');
    const expected = name === 'CONTINUE' ? { is: 'continue' } : { is: 'command', name };
    expect(understand(text, names)).toMatchObject(expected);
  });
  test.each(refused)('%s is answered, and nothing is run', (text) => {
    expect(understand(text, names)).toMatchObject({ is: 'unclear' });
  });
  test.each(said(section('README.md', 'What you can say')))('%s in the README is understood', (text) => {
    expect(understand(text, names).is).not.toBe('unclear');
  });
});

describe('settings', () => {
  const described = section('docs/configuration.md', 'Options')
    .split(/\n### /)
    .slice(1);

  test('every part has a section, and no other', () => {
    expect(described.map((text) => /^(\w+)\(\)/.exec(text)?.[1]).sort()).toEqual(Object.keys(parts).sort());
  });

  test('every part the package exports is among them', () => {
    const factories = Object.entries(milton).filter(
      ([, value]) => typeof value === 'function' && !/^class/.test(String(value)),
    );
    const helpers = /^(define|bind|slot$|token$|fromEnv$|isPart$|partDefiner$)/;
    expect(factories.map(([name]) => name).filter((name) => !helpers.test(name) && !(name in parts))).toEqual([]);
  });

  test('every built-in slot and everything in the test kit is in the page for plugin authors', () => {
    const page = read('docs/plugins.md');
    const slots = Object.entries(milton).filter(([, value]) => typeof value === 'object' && 'schema' in value);
    expect(slots.length).toBeGreaterThan(5);
    const names = [...slots.map(([name]) => name), ...Object.keys(testing)];
    expect(names.filter((name) => !new RegExp(`^\\|.*\`${name}\\b`, 'm').test(page))).toEqual([]);
  });

  test('every variable is in the page for those who ran the Python program', () => {
    const listed = rows(section('docs/from-python.md', 'Variables')).map(([name]) => name);
    expect(listed).toEqual(Object.keys(variables.shape).map((name) => `\`${name}\``));
  });

  test('every service is in the page for plugin authors', () => {
    const tokens = Object.entries(milton).filter(([, value]) => typeof value === 'symbol');
    expect(
      tokens.map(([name]) => name).filter((name) => !section('docs/plugins.md', 'Services').includes(`\`${name}\``)),
    ).toEqual([]);
  });
});

test('the picture of the way of a message has the steps of the pipeline, in their order', () => {
  const steps = [
    ...read('milton.config.ts')
      .split('pipeline: [')[1]!
      .matchAll(/^ +(\w+)\(\)/gm),
  ].map(([, name]) => name!);
  const drawn = [...read('docs/architecture.svg').matchAll(/class="c(?: q)?" text-anchor="middle">(\w+)</g)].map(
    ([, name]) => name!,
  );
  const queue = steps.indexOf('queue') + 1;
  const [intake, work] = [drawn.slice(0, queue), drawn.slice(queue).filter((name) => steps.includes(name))];
  expect([...intake, ...work.reverse()]).toEqual(steps);
});

test('the messages that the troubleshooting page quotes are in the code', () => {
  const source = globSync('{src,config}/**/*.ts', { cwd: root }).map(read).join('\n');
  const quoted = rows(read('docs/troubleshooting.md')).flatMap(([first = '']) => codes(first));
  const fragments = quoted
    .filter((code) => !/^milton /.test(code))
    .flatMap((code) => code.split(/…|\d+|: /))
    .map((fragment) => fragment.trim())
    .filter((fragment) => fragment.length > 4);
  expect(fragments.length).toBeGreaterThan(30);
  expect(fragments.filter((fragment) => !source.includes(fragment))).toEqual([]);
});
