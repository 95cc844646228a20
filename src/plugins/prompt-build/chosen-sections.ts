import type { Replacements } from './replacements.ts';
import type { Section } from './section.ts';
import { SECTIONS, type SectionName } from './sections.ts';

/** A section and what it is called in errors and in the outline. */
export interface NamedSection {
  readonly name: string;
  readonly write: Section;
}

/** The sections of the prompt in order: with what replaces them, and what comes on top before the background. */
export function chosenSections(replaced: Replacements, more: readonly Section[]): NamedSection[] {
  const added = more.map((write, index) => ({ name: write.name || `more[${index}]`, write }));
  return (Object.keys(SECTIONS) as SectionName[]).flatMap((name) => {
    const write = replaced[name] ?? SECTIONS[name];
    return [...(name === 'background' ? added : []), ...(write ? [{ name, write }] : [])];
  });
}
