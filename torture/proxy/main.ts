import { Passing } from './passing.ts';

const [target = '', seed = '1', log = ''] = process.argv.slice(2);
const passing = new Passing(target, Number(seed), log);

interface Asked {
  readonly call: number;
  readonly method: 'listen' | 'set' | 'cutAll' | 'counts';
  readonly values: readonly never[];
}

process.on('message', async ({ call, method, values }: Asked) => {
  const result = await (passing[method] as (...values: readonly never[]) => unknown)(...values);
  process.send?.({ call, result });
});
process.on('disconnect', () => process.exit());
