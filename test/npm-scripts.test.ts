import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const { scripts } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

// npm sends a signal to the shell it runs a script in, and a shell that has not given way to the program keeps it to itself:
// `npm start` would end, and Milton would go on unseen.
test.each(['start', 'milton', 'demo', 'test'])(
  'npm run %s replaces npm’s shell, so that signals reach Milton',
  (name) => {
    expect(scripts[name]).toMatch(/^exec node scripts\/run\.mjs /);
  },
);
