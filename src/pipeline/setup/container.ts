import 'reflect-metadata';
import { type InjectionToken, injectable, instanceCachingFactory, container as root } from 'tsyringe';
import { MiltonError } from '../errors.ts';
import { type Binding, type Get, type Token, tokenName } from '../token.ts';

/** The services of one pipeline build. */
export interface Container extends AsyncDisposable {
  readonly get: Get;
  /** Adds or replaces services; what was already looked up stays as it is. */
  add(...bindings: readonly Binding[]): void;
}

/**
 * Makes a container with these services, each created once at first use; the last binding of a token wins. Disposing it
 * disposes what it created, newest first.
 */
export function createContainer(...bindings: readonly Binding[]): Container {
  const own = root.createChildContainer();
  const made: unknown[] = [];
  const get: Get = <T>(token: Token<T>): T => {
    if (own.isRegistered(token, true)) return own.resolve<T>(token);
    const name = tokenName(token);
    throw new MiltonError('SERVICE_MISSING', `No service is bound to ${name}.`, {
      hint: `Add bind(${name}, …) to services in milton.config.ts.`,
    });
  };
  const add = (...more: readonly Binding[]) => {
    for (const binding of more) {
      // A plugin's class may have been decorated by another copy of tsyringe, of which this one knows nothing.
      if ('type' in binding) injectable()(binding.type as new (...services: unknown[]) => unknown);
      const useFactory = instanceCachingFactory(() => {
        const instance = 'type' in binding ? own.resolve(binding.type as InjectionToken) : binding.factory(get);
        made.push(instance);
        return instance;
      });
      own.register(binding.token, { useFactory });
    }
  };
  add(...bindings);
  return {
    get,
    add,
    async [Symbol.asyncDispose]() {
      for (const instance of made.splice(0).reverse()) await dispose(instance);
    },
  };
}

async function dispose(instance: unknown): Promise<void> {
  if (typeof instance !== 'object' || instance === null) return;
  const { [Symbol.asyncDispose]: late, [Symbol.dispose]: now } = instance as Partial<AsyncDisposable & Disposable>;
  if (late) await late.call(instance);
  else now?.call(instance);
}
