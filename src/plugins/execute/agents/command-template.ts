import { nearest } from '../../../pipeline/nearest.ts';

/** What a template may ask for: `{{prompt}}`. */
export const PLACEHOLDERS = ['prompt', 'promptFile', 'model', 'session', 'folder', 'access'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** Arguments of a program. An entry, a word or several, is left out as a whole where one of its placeholders has no value. */
export type Template = readonly (string | readonly string[])[];

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

const wordsOf = (entry: Template[number]) => (typeof entry === 'string' ? [entry] : entry);

/** The names of the placeholders in an entry, known or not. */
export const placeholdersIn = (entry: Template[number]): readonly string[] =>
  wordsOf(entry).flatMap((word) => [...word.matchAll(PLACEHOLDER)].map(([, name]) => name!));

/** Whether a template asks for it. */
export const asksFor = (template: Template, placeholder: Placeholder) =>
  template.some((entry) => placeholdersIn(entry).includes(placeholder));

/** The arguments with all values in their places; what a value itself holds is never read as a placeholder. */
export function fill(template: Template, values: Readonly<Partial<Record<Placeholder, string>>>): readonly string[] {
  const given = new Map<string, string>(Object.entries(values));
  return template
    .filter((entry) => placeholdersIn(entry).every((name) => given.has(name)))
    .flatMap((entry) => wordsOf(entry).map((word) => word.replace(PLACEHOLDER, (_, name) => given.get(name)!)))
    .map(withoutNul);
}

/** The system takes no argument with a NUL in it. */
export const withoutNul = (text: string) => text.replaceAll('\0', '');

/** What is wrong with an entry, in one sentence; undefined where nothing is. */
export function entryProblem(entry: Template[number]): string | undefined {
  const names = placeholdersIn(entry);
  const unknown = names.find((name) => !PLACEHOLDERS.includes(name as Placeholder));
  if (unknown !== undefined) {
    const meant = nearest(unknown, PLACEHOLDERS);
    const known = `It knows ${PLACEHOLDERS.map((name) => `{{${name}}}`).join(', ')}`;
    return `there is no placeholder {{${unknown}}}. ${meant ? `Did you mean {{${meant}}}? ${known}` : known}`;
  }
  const prompt = names.find((name) => name === 'prompt' || name === 'promptFile');
  if (prompt === undefined || !names.includes('model')) return undefined;
  return `{{${prompt}}} stands in one entry with {{model}}, and would be left out with it where no model is given`;
}
