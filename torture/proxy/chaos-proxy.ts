import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Chaos, Counts } from './chaos.ts';

/** One line of the proxy's log: what the server took through it, and what it passed on to Milton. */
export type Passage =
  | { readonly at: number; readonly kind: 'taken'; readonly topic: string; readonly message: Record<string, unknown> }
  | { readonly at: number; readonly kind: 'passed'; readonly id: string };

interface Reply {
  readonly call: number;
  readonly result: unknown;
}

/** The chaos proxy, which runs as a process of its own. */
export class ChaosProxy implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, (result: unknown) => void>();
  #last = 0;
  #url = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ call, result }: Reply) => {
      this.#calls.get(call)?.(result);
      this.#calls.delete(call);
    });
  }

  /** `target` is the real server; what passes is logged to `log`. */
  static async start(target: string, seed: number, log: string): Promise<ChaosProxy> {
    const child = fork(new URL('./main.ts', import.meta.url), [target, String(seed), log], { execArgv: [] });
    const proxy = new ChaosProxy(child);
    proxy.#url = (await proxy.#ask('listen')) as string;
    return proxy;
  }

  get url(): string {
    return this.#url;
  }

  /** Replaces all that goes wrong; `{}` = nothing does. */
  async set(chaos: Chaos): Promise<void> {
    await this.#ask('set', chaos);
  }

  /** Cuts every connection there is. */
  async cut(): Promise<void> {
    await this.#ask('cutAll');
  }

  async counts(): Promise<Counts> {
    return (await this.#ask('counts')) as Counts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #ask(method: string, ...values: readonly unknown[]): Promise<unknown> {
    const call = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#calls.set(call, resolve);
    this.#child.once('exit', () => reject(new Error('The chaos proxy has ended.')));
    this.#child.send({ call, method, values });
    return promise.finally(() => this.#child.removeAllListeners('exit'));
  }
}
