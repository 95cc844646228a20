/** A value that JSON can carry: all that is stored, journaled or sent to another host. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

type Unstorable =
  | bigint
  | symbol
  | ((...args: never[]) => unknown)
  | Date
  | RegExp
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | Uint8Array;

/** `T` when every part of it survives JSON, else `never`; unlike `Json` it accepts interfaces, which have no index signature. */
export type Storable<T> = T extends null | undefined | boolean | number | string
  ? T
  : T extends Unstorable
    ? never
    : { [K in keyof T]: Storable<T[K]> };
