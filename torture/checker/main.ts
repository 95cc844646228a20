// Usage: node torture/checker/main.ts [--no-finals] FOLDER [ANSWERS]
// FOLDER holds published.jsonl, agent.tsv, and where the proxy kept a log, passages.jsonl; ANSWERS is the address of the answer
// topic, or a file with its messages; without --no-finals each run must have its last notice there. Prints what was lost and what ran twice; exit code 1 where a promise is broken.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { check, holds } from './check.ts';
import { type Answer, answersOf, asAnswer, jsonLines, type Published, passages, starts } from './evidence.ts';
import { excuse, type Wipe } from './excuse.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'no-finals': { type: 'boolean', default: false } },
});
const [folder = '.', answers = join(folder, 'answers.jsonl')] = positionals;
const published = jsonLines<Published>(join(folder, 'published.jsonl'));
const { taken, passed } = passages(join(folder, 'passages.jsonl'));
const wipes = jsonLines<Wipe>(join(folder, 'wipes.jsonl'));
const topic = answers.split('/').at(-1);
const read = answers.startsWith('http') ? await answersOf(answers) : jsonLines<Answer>(answers).map(asAnswer);
// A server that lost its cache no longer holds what it took; the proxy saw it taken.
const told = taken.filter((one) => one.topic === topic).map(({ message }) => asAnswer(message));

const { finalsMissing: untold, ...seen } = check({
  published,
  starts: starts(join(folder, 'agent.tsv')),
  answers: wipes.length > 0 ? [...read, ...told] : read,
  excused: excuse(published, wipes, passed),
});
const verdict = { ...seen, finalsMissing: flags['no-finals'] ? [] : untold };
const { lost, twice, finalsMissing, contradicted, ...counts } = verdict;
console.log(`lost ${lost.length}`);
console.log(`run twice ${twice.length}`);
if (!flags['no-finals']) console.log(`finals missing ${finalsMissing.length}`);
console.log(`ends contradicting ${contradicted.length}`);
for (const [what, count] of Object.entries(counts)) console.log(`${what} ${count}`);
for (const [what, ids] of Object.entries({ lost, twice, finalsMissing, contradicted })) {
  if (ids.length > 0) console.error(`${what}: ${ids.slice(0, 20).join(' ')}${ids.length > 20 ? ' …' : ''}`);
}
process.exitCode = holds(verdict) ? 0 : 1;
