import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { codes, read, rows } from './pages.ts';

/** The actions of the page, in order. */
export const actions = read('docs/shortcut.md')
  .split(/^### (?=\d+\. )/m)
  .slice(1)
  .map((rest) => {
    const text = rest.split(/^## /m)[0]!;
    const [, number = '', name = ''] = /^(\d+)\. (.+)\n/.exec(text) ?? [];
    return { number: Number(number), name, text, template: /```text\n([\s\S]*?)\n```/.exec(text)?.[1] };
  });

/** A phone that the Shortcut runs on. */
export interface Phone {
  readonly key: string;
  /** What is dictated. */
  readonly words: string;
  /** The text that a link or another app hands over; then nothing is dictated. */
  readonly handed?: string;
  readonly time: string;
  readonly number: string;
  /** Where a device does otherwise than expected. */
  readonly hash?: (hex: string) => string;
  readonly type?: (template: string) => string;
}

/** The actions that the page puts between If and Otherwise, for a text that is handed over. */
const forHanded = (text: string) => [...text.matchAll(/^- \*\*([\w ]+)\*\*/gm)].map(([, name]) => name!);

/** Does what docs/shortcut.md tells people to build, action by action; `Text` and `Hash` are what the last action of that name gave. */
export function runShortcut(phone: Phone) {
  const { key, words, handed, time, number, hash = (hex) => hex, type = (template) => template } = phone;
  const known: Record<string, string> = {};
  /** What is shown before anything is signed, with a way to cancel. */
  let shown: string | undefined;
  let body: Record<string, string> | undefined;
  const fill = (template: string) =>
    type(template).replace(/\[([^\]]+)\]/g, (_, name: string) => known[name] ?? expect.unreachable(`no ${name} yet`));
  for (const { name, template, text } of actions) {
    if (name === 'Text' && template === undefined) known.Key = key;
    else if (name === 'Text') known.Text = fill(template!);
    else if (name === 'If' && text.includes('Dictionary Value')) continue;
    else if (name === 'If' && !handed) known['If Result'] = words;
    else if (name === 'If') {
      known['Shortcut Input'] = handed!;
      for (const inner of forHanded(text)) {
        // The result of If is that of the last action in it.
        delete known['If Result'];
        if (inner === 'Show Alert' && /\*\*Show Cancel Button\*\* on/.test(text)) shown = handed;
        else if (inner === 'Text') known['If Result'] = fill(template!);
        else expect.unreachable(inner);
      }
    } else if (name === 'Format Date') known['Formatted Date'] = time;
    else if (name === 'Random Number') known['Random Number'] = number;
    else if (name === 'Generate Hash')
      known.Hash = hash(createHash('sha256').update(known.Text!, 'utf8').digest('hex'));
    else if (name === 'Get Contents of URL') {
      const fields = rows(text).map(([field = '', value = '']) => [codes(field)[0]!, value]);
      body = Object.fromEntries(
        fields.map(([field, value]) => [field, value!.includes('**Text**') ? known.Text! : value!]),
      );
    } else expect(name).toBe('Get Dictionary Value');
  }
  return { hash: known.Hash, body: body!, shown };
}

/** What the Shortcut says when the server has answered. */
export function spoken(answer: string): string {
  const [{ text: get = '' } = {}, { text: then = '' } = {}] = actions.slice(-2);
  const [key = ''] = codes(get);
  const [yes = '', no = ''] = [...then.matchAll(/"([^"]+)"/g)].map(([, words]) => words).slice(-2);
  return (JSON.parse(answer) as Record<string, unknown>)[key] === undefined ? no : yes;
}
