import { z } from 'zod';
import { MiltonError } from './errors.ts';
import type { Json } from './json.ts';

/**
 * A typed place on a run that one step fills and later steps read. What is stored is the schema's input side, which must be
 * JSON; what `get` returns is its output side. Slots cross the queue, a crash, and hosts.
 */
export interface Slot<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  readonly name: Name;
  readonly schema: Schema;
}

/** What `run.get(slot)` returns. */
export type SlotValue<T> = T extends Slot<string, infer Schema> ? z.output<Schema> : never;

// biome-ignore lint/suspicious/noExplicitAny: a list of slots of any schema needs a type that every schema fits in both directions
export type AnySlot = Slot<string, any>;
export type Slots = readonly AnySlot[];

/**
 * Defines a slot.
 * @throws MiltonError SLOT_NOT_JSON when the schema's input side cannot be stored as JSON.
 * @example export const ticket = slot('ticket', z.object({ number: z.number() }));
 */
export function slot<const Name extends string, Schema extends z.ZodType<unknown, Json>>(
  name: Name,
  schema: Schema,
): Slot<Name, Schema> {
  try {
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'throw' });
  } catch (cause) {
    throw new MiltonError('SLOT_NOT_JSON', `slot "${name}" cannot be stored: ${(cause as Error).message}.`, {
      hint: 'Use z.codec(z.iso.datetime(), z.date(), …) or a plain JSON shape.',
      cause,
    });
  }
  return { name, schema };
}

/** The stored form of a value; throws zod's error where the schema refuses it. */
export function encodeSlot(slot: AnySlot, value: unknown): Json {
  return z.encode(slot.schema, value) as Json;
}

/** The value of a stored form; throws zod's error where the schema no longer fits it. */
export function decodeSlot(slot: AnySlot, stored: Json): unknown {
  return z.decode(slot.schema, stored);
}
