import type { z } from 'zod';
import type { Agent } from './agent.ts';
import type { Host } from './host.ts';
import type { JobStore } from './store/job-store.ts';
import type { Transport } from './transport.ts';

/** A configured transport, store, agent or part of a step: what `ntfy({ … })` returns, not yet set up. */
export interface Part<Product = unknown> {
  readonly '~milton': 'part';
  /** `transport`, `store`, `agent`, or what a step calls its own. */
  readonly kind: string;
  readonly name: string;
  readonly schema: z.ZodType | undefined;
  /** The options as written. */
  readonly input: Readonly<Record<string, unknown>>;
  create(host: Host<never>): Product | Promise<Product>;
}

/** What a part is defined by. */
export interface PartSpec<Schema extends z.ZodType, Product> {
  readonly name: string;
  readonly options?: Schema;
  create(host: Host<z.output<Schema>> & { readonly name: string }): Product | Promise<Product>;
}

/** The factory of a part; `as` gives a second one of the same kind its own name. */
export type PartFactory<Schema extends z.ZodType, Product> =
  {} extends z.input<Schema>
    ? (options?: z.input<Schema> & { readonly as?: string }) => Part<Product>
    : (options: z.input<Schema> & { readonly as?: string }) => Part<Product>;

/** Makes a `define…` for parts of one kind: those that an option of a step holds are set up by `host.make`. */
export const partDefiner =
  <Product>(kind: string) =>
  <Schema extends z.ZodType = z.ZodType<{}, {}>>(spec: PartSpec<Schema, Product>): PartFactory<Schema, Product> => {
    const make = ({ as, ...input }: { as?: string } & Record<string, unknown> = {}): Part<Product> => {
      const name = as ?? spec.name;
      const create = (host: Host<never>) => spec.create({ ...(host as Host<z.output<Schema>>), name });
      return { '~milton': 'part', kind, name, schema: spec.options, input, create };
    };
    return make as PartFactory<Schema, Product>;
  };

/** Defines a transport: `export const ntfy = defineTransport({ name: 'ntfy', options, create: (host) => … })`. */
export const defineTransport = partDefiner<Transport>('transport');
/** Defines a job store. */
export const defineStore = partDefiner<JobStore>('store');
/** Defines a coding agent. */
export const defineAgent = partDefiner<Agent>('agent');

/** Whether a value is a configured part, and of this kind where one is named. */
export const isPart = (value: unknown, kind?: string): value is Part => {
  if (typeof value !== 'object' || value === null) return false;
  const { '~milton': brand, kind: own } = value as Partial<Part>;
  return brand === 'part' && (kind === undefined || own === kind);
};
