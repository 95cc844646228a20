// Runs one benchmark in this process and hands its figures to the parent.
import type { Run } from './figures.ts';

const [name, extent] = process.argv.slice(2);
const { run } = (await import(`./${name}.ts`)) as { run: Run };
const outcome = await run({ quick: extent === 'quick' });
process.send?.(outcome, () => process.exit());
