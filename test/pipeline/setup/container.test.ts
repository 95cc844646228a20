import 'reflect-metadata';
import { createRequire } from 'node:module';
import { inject, injectable } from 'tsyringe';
import { expect, test } from 'vitest';
import { createContainer } from '../../../src/pipeline/setup/container.ts';
import { bind, bindClass, token } from '../../../src/pipeline/token.ts';

interface Named {
  readonly name: string;
}
const First = token<Named>('First');
const Second = token<Named>('Second');

test('a service is made once, at first use, from others', () => {
  let made = 0;
  const { get } = createContainer(
    bind(Second, (get) => ({ name: `${get(First).name}!` })),
    bind(First, () => ({ name: `first ${++made}` })),
  );
  expect(made).toBe(0);
  expect(get(Second).name).toBe('first 1!');
  expect(get(First)).toBe(get(First));
  expect(made).toBe(1);
});

test('the last binding wins, and two containers share nothing', () => {
  const one = createContainer(
    bind(First, () => ({ name: 'built in' })),
    bind(First, () => ({ name: 'mine' })),
  );
  const two = createContainer();
  expect(one.get(First).name).toBe('mine');
  expect(() => two.get(First)).toThrow('No service is bound to First.');
});

test('a decorated class gets its services by token', () => {
  @injectable()
  class Greeter {
    readonly name: string;
    constructor(@inject(First) first: Named) {
      this.name = `hello ${first.name}`;
    }
  }
  const { get } = createContainer(
    bind(First, () => ({ name: 'world' })),
    bindClass(Second, Greeter),
  );
  expect(get(Second).name).toBe('hello world');
});

test('a class decorated by another copy of tsyringe gets its services as well', () => {
  const require = createRequire(import.meta.url);
  for (const file of Object.keys(require.cache)) if (file.includes('/tsyringe/')) delete require.cache[file];
  const other = require('tsyringe') as typeof import('tsyringe');
  expect(other.injectable).not.toBe(injectable);
  class Greeter {
    readonly name: string;
    constructor(first: Named) {
      this.name = `hello ${first.name}`;
    }
  }
  other.inject(First)(Greeter, undefined, 0);
  other.injectable()(Greeter);
  const { get } = createContainer(
    bind(First, () => ({ name: 'world' })),
    bindClass(Second, Greeter),
  );
  expect(get(Second).name).toBe('hello world');
});

test('disposes what it made, newest first, and nothing else', async () => {
  const order: string[] = [];
  const disposable = (name: string) => ({ name, [Symbol.dispose]: () => void order.push(name) });
  const later = (name: string) => ({ name, [Symbol.asyncDispose]: async () => void order.push(name) });
  const Third = token<Named>('Third');
  const container = createContainer(
    bind(First, () => disposable('first')),
    bind(Second, () => later('second')),
    bind(Third, () => disposable('never made')),
  );
  container.get(First);
  container.get(Second);
  await container[Symbol.asyncDispose]();
  expect(order).toEqual(['second', 'first']);
});
