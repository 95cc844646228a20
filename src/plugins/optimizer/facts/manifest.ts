import { parse } from 'smol-toml';

/** A part of a manifest; foreign, so anything may be in it. */
export type Table = Readonly<Record<string, unknown>>;

/** Reads JSON; broken JSON says nothing. */
export const fromJson = (text: string): Table => readWith(JSON.parse, text);

/** Reads TOML; broken TOML says nothing. */
export const fromToml = (text: string): Table => readWith(parse, text);

/** The table at the end of these keys, or an empty one. */
export function tableAt(value: unknown, ...keys: readonly string[]): Table {
  let at = value;
  for (const key of keys) at = isTable(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return isTable(at) ? at : {};
}

/** A text, or '' for anything else. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The texts of a list, without what else is in it. */
export const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];

/** The tables of a list, likewise. */
export const tablesOf = (value: unknown): Table[] => (Array.isArray(value) ? value.filter(isTable) : []);

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readWith(read: (text: string) => unknown, text: string): Table {
  try {
    return tableAt(read(text));
  } catch {
    return {};
  }
}
