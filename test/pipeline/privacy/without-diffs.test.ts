import { expect, test } from 'vitest';
import { withoutDiffs } from '../../../src/pipeline/privacy/without-diffs.ts';
import { proportionOf } from '../../support/proportion.ts';

const lines = (...all: readonly string[]) => all.join('\n');

test.each([
  ['in a block that says so', lines('Done.', '```diff', '-a', '+b', '```', 'More.'), lines('Done.', '(diff)', 'More.')],
  ['in a block without an end', lines('Done.', '~~~ patch', '-a', '+b'), lines('Done.', '(diff)')],
  [
    'as git writes it, with an empty line in it',
    lines(
      'Here:',
      '',
      'diff --git a/x b/x',
      'index 12ab..34cd 100644',
      '--- a/x',
      '+++ b/x',
      '@@ -1,3 +1,3 @@ f()',
      ' a',
      '',
      '-b',
      '+c',
      '\\ No newline at end of file',
      '',
      'Then this.',
      '- a point',
    ),
    lines('Here:', '', '(diff)', '', 'Then this.', '- a point'),
  ],
  [
    'of two files',
    lines('--- a/x', '+++ b/x', '@@ -1 +1 @@', '-a', '+b', '--- a/y', '+++ b/y', '@@ -1 +0,0 @@', '-c', 'after'),
    lines('(diff)', 'after'),
  ],
  [
    'of a binary file',
    lines('diff --git a/x b/x', 'Binary files a/x and b/x differ', 'after'),
    lines('(diff)', 'after'),
  ],
  ['that is a hunk alone', lines('See', '@@ -1,2 +1,2 @@', '-a', '+b', ' c', 'after'), lines('See', '(diff)', 'after')],
  ['whose numbers are wrong', lines('@@ -1 +1 @@', '-a', '+b', '+c', ' d', 'after'), lines('(diff)', 'after')],
  ['without numbers', lines('@@ function f() @@', '-a', '+b', '', 'after'), lines('(diff)', '', 'after')],
  [
    'indented',
    lines('- like this:', '  @@ -1 +1 @@', '  -a', '  +b', '- and'),
    lines('- like this:', '(diff)', '- and'),
  ],
  ['quoted', lines('> @@ -1,3 +1,3 @@', '> -a', '>', '> +b', 'after'), lines('(diff)', 'after')],
  ['in another block', lines('```', '@@ -1 +1 @@', '-a', '+b', '```'), lines('```', '(diff)', '```')],
])('T4: a diff %s', (_, text, expected) => {
  expect(withoutDiffs(text, '(diff)')).toBe(expected);
});

test.each([
  lines('- one', '- two', '+ three'),
  lines('```ts', 'const a = 1;', '```'),
  lines('Title', '---', '- one', '--- a dash', 'more'),
  'a @@ b, +1 −2, git diff main',
])('leaves alone: %s', (text) => {
  expect(withoutDiffs(text, '(diff)')).toBe(text);
});

test('takes time in proportion to the text', () => {
  const proportion = proportionOf((text) => withoutDiffs(`@@\n\n${text}`, '(diff)'), 'a line\n');
  for (const part of [
    '@@\n',
    '```diff\n',
    '```diff\n```\n',
    '--- a\n',
    '--- a\n+++ b\n',
    '@@ -1,9 +1,9 @@\n-a\n\n',
    '> > ',
    ' \n',
  ]) {
    expect(proportion(part), part).toBeLessThan(100);
  }
});
