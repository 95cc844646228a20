declare const service: unique symbol;

/** The typed name of a service. */
export type Token<T> = symbol & { readonly [service]?: (value: T) => T };

/** Looks a service up. Throws MiltonError SERVICE_MISSING when nothing is bound to the token. */
export type Get = <T>(token: Token<T>) => T;

/** One entry of `services` in the configuration, or of the built-in services. */
export type Binding =
  | { readonly token: symbol; readonly factory: (get: Get) => unknown }
  | { readonly token: symbol; readonly type: ServiceClass };

/** A class whose constructor parameters the container supplies: decorated with tsyringe's `@injectable()` and `@inject(Token)`. */
export type ServiceClass<T = unknown> = new (...services: never[]) => T;

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

/** Binds a service to a decorated class, made once, at first use. */
export function bindClass<T>(token: Token<T>, type: ServiceClass<NoInfer<T>>): Binding {
  return { token, type };
}
