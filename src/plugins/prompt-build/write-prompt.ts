import { estimateTokenCount } from 'tokenx';
import { explain, MiltonError } from '../../pipeline/errors.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import type { outline } from '../slots.ts';
import type { NamedSection } from './chosen-sections.ts';
import type { PromptInput } from './section.ts';

/** A prompt, and how long each of its sections is. */
export interface Written {
  readonly text: string;
  readonly outline: SlotValue<typeof outline>;
}

/**
 * Writes a prompt of the sections that have something to say.
 * @throws MiltonError SECTION where one of them cannot, or none has anything to say.
 */
export function writePrompt(sections: readonly NamedSection[], input: PromptInput): Written {
  const written = sections.flatMap((section) => {
    const text = write(section, input);
    return text.trim() === '' ? [] : [{ name: section.name, text }];
  });
  if (written.length === 0) {
    throw new MiltonError('SECTION', 'The prompt is empty: none of its sections has anything to say.', {
      hint: 'Leave at least the section task in promptBuild() of milton.config.ts.',
    });
  }
  return {
    text: written.map(({ text }) => text).join('\n\n'),
    outline: written.map(({ name, text }) => ({ name, tokens: estimateTokenCount(text) })),
  };
}

function write({ name, write }: NamedSection, input: PromptInput): string {
  let text: unknown;
  try {
    // What one of them does to its own copy is no concern of the others.
    text = write(structuredClone(input));
  } catch (cause) {
    throw broken(name, `failed: ${explain(cause).replace(/\.$/, '')}`, cause);
  }
  if (typeof text === 'string' || text === undefined) return text ?? '';
  // Nobody awaits it, and its failure must not end Milton.
  if (text instanceof Promise) text.catch(() => {});
  throw broken(name, `returned ${text instanceof Promise ? 'a promise' : text === null ? 'null' : `a ${typeof text}`}`);
}

function broken(name: string, what: string, cause?: unknown): MiltonError {
  return new MiltonError('SECTION', `The section "${name}" of the prompt ${what}.`, {
    hint: 'Correct it in promptBuild() of milton.config.ts: it returns a text, or undefined where it has nothing to say.',
    cause,
  });
}
