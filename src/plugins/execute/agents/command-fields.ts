/** The value at a path of field names, `part.text` or `choices.0.text`; undefined where there is none. */
export function valueAt(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) {
    if (!isObject(found) || !Object.hasOwn(found, key)) return undefined;
    found = found[key];
  }
  return found;
}

/** Whether a condition such as `type=text` is true of a value. */
export function holds(value: unknown, condition: string): boolean {
  const at = condition.indexOf('=');
  const found = valueAt(value, condition.slice(0, at));
  return found !== undefined && !isObject(found) && String(found) === condition.slice(at + 1);
}

/** Objects and arrays, whose fields can be looked at. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
