import type { Json } from '../json.ts';

const DEPTH = 6;
const ITEMS = 100;
const LENGTH = 16_384;
/** Fields whose value is a secret whatever it looks like. */
const SECRET_FIELD =
  /^(?:.*[_-])?(?:authorization|cookie|password|passwd|secret|token|credentials?)$|(?:api|access|private|secret)[_-]?key$|\w_key$/i;

/** Any value as JSON with every text cleaned: cut where it is huge, deep or circular, and errors with their causes. */
export function logValue(value: unknown, clean: (text: string) => string): Json {
  return convert(value, clean, new Set());
}

function convert(value: unknown, clean: (text: string) => string, above: Set<object>): Json {
  if (value === null || value === undefined || typeof value === 'boolean') return value ?? null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string') return cut(clean(value));
  if (typeof value !== 'object') return clean(String(value));
  if (above.has(value)) return '[circular]';
  if (above.size >= DEPTH) return '[deep]';
  above.add(value);
  try {
    return convertObject(value, clean, above);
  } catch {
    return '[unreadable]';
  } finally {
    above.delete(value);
  }
}

function convertObject(value: object, clean: (text: string) => string, above: Set<object>): Json {
  if (value instanceof Date) return Number.isNaN(value.valueOf()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof URL || value instanceof RegExp) return clean(String(value));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) {
    const { name, message, stack, cause, ...rest } = value as Error & Record<string, unknown>;
    return convertObject({ name, message, ...rest, stack, ...(cause === undefined ? {} : { cause }) }, clean, above);
  }
  if (Array.isArray(value) || value instanceof Set)
    return [...value].slice(0, ITEMS).map((item) => convert(item, clean, above));
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const fields: Record<string, Json> = {};
  for (const [key, field] of entries.slice(0, ITEMS)) {
    if (field === undefined || typeof field === 'function' || key === '__proto__') continue;
    const hidden = SECRET_FIELD.test(String(key)) && field !== null && field !== false;
    fields[clean(String(key))] = hidden ? '[redacted]' : convert(field, clean, above);
  }
  return fields;
}

/** Cut after it was cleaned, since half a secret is not recognised. */
const cut = (text: string) => (text.length > LENGTH ? `${text.slice(0, LENGTH)}… (${text.length} characters)` : text);
