declare const service: unique symbol;

/** The typed name of a service. */
export type Token<T> = symbol & { readonly [service]?: (value: T) => T };

/** Looks a service up. Throws MiltonError SERVICE_MISSING when nothing is bound to the token. */
export type Get = <T>(token: Token<T>) => T;

/** One entry of `services` in the configuration, or of the built-in services. */
export interface Binding {
  readonly token: symbol;
  readonly factory: (get: Get) => unknown;
}

/** Names a service. Equal names are the same token, also across copies of this package. */
export function token<T>(name: string): Token<T> {
  return Symbol.for(`milton/${name}`) as Token<T>;
}

/** The bare name of a token, for messages. */
export function tokenName(token: symbol): string {
  return (token.description ?? '').replace(/^milton\//, '');
}

/**
 * Binds a service to a factory that runs once, at first use. A later binding of the same token replaces an earlier one.
 * @example services: [bind(Clock, () => ({ now: () => 0 }))]
 */
export function bind<T>(token: Token<T>, factory: (get: Get) => NoInfer<T>): Binding {
  return { token, factory };
}
