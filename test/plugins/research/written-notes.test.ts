import { describe, expect, it } from 'vitest';
import { type Notes, notes } from '../../../src/plugins/research/notes.ts';
import { readNotes, renderNotes } from '../../../src/plugins/research/responses-api/written-notes.ts';
import fc from '../../support/property.ts';
import { NOTES } from '../../support/stub-perplexity.ts';

const EMPTY: Notes = { summary: 's', facts: [], pitfalls: [], security: [], tests: [], questions: [] };

describe('reading', () => {
  it.each([
    ['plain', JSON.stringify(NOTES)],
    ['in a fence', `\`\`\`json\n${JSON.stringify(NOTES, undefined, 2)}\n\`\`\``],
    ['in a fence without a name', `\n\`\`\`\n${JSON.stringify(NOTES)}\n\`\`\`\n`],
    ['in a fence in capitals', `\`\`\`JSON\n${JSON.stringify(NOTES)}\n\`\`\``],
    ['with words around it', `Here is the JSON:\n${JSON.stringify(NOTES)}\nHope this helps!`],
    ['after thoughts', `<think>so</think>\n${JSON.stringify(NOTES)}`],
    ['with a comma too many', JSON.stringify(NOTES).replace(/\}$/, ',}')],
  ])('JSON, %s', (_how, text) => {
    expect(readNotes(text)).toMatchObject({
      summary: 'Use passkeys.',
      facts: [{ sources: ['7', '2'] }, { sources: ['2'] }],
      security: ['Check the origin.'],
    });
  });

  it('what there is of an answer that was cut', () => {
    const text = JSON.stringify(NOTES);
    expect(readNotes(text.slice(0, text.indexOf('SMS') + 5))).toMatchObject({
      summary: 'Use passkeys.',
      facts: [{ claim: 'Passkeys resist phishing.' }, { claim: expect.stringContaining('SMS') }],
      pitfalls: [],
    });
  });

  it.each([
    ['text', 'Use passkeys [7].'],
    ['a list', '["a"]'],
    ['no summary', '{"facts":[]}'],
    ['an empty summary', '{"summary":" "}'],
    ['code', 'function a() { return {summary: 1} }'],
    ['nothing', ''],
  ])('%s is none', (_what, text) => expect(readNotes(text)).toBeUndefined());

  it('leaves out what has another form', () => {
    expect(readNotes('{"summary":"s","facts":"many","pitfalls":[1],"tests":["t"]}')).toEqual({
      ...EMPTY,
      tests: ['t'],
    });
  });

  it('never throws, and finds again what was written', () => {
    fc.assert(fc.property(fc.string(), (text) => void readNotes(text)));
    fc.assert(fc.property(fc.json(), (text) => void readNotes(text)));
    const words = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '');
    const lines = fc.array(words, { maxLength: 3 });
    const any = fc.record({
      summary: words.map((text) => text.trim()),
      facts: fc.array(fc.record({ claim: words, sources: lines })),
      pitfalls: lines,
      security: lines,
      tests: lines,
      questions: lines,
    });
    fc.assert(
      fc.property(any, (written) => void expect(readNotes(JSON.stringify(written))).toEqual(notes.parse(written))),
    );
  });

  it('takes time in proportion to the length', () => {
    // Of the processor, since others may have it meanwhile.
    const began = process.cpuUsage();
    readNotes(`{"summary":"${'['.repeat(200_000)}`);
    readNotes('{'.repeat(5_000));
    readNotes(`{${'a\n'.repeat(49_000)}`);
    readNotes(`{${'a\n'.repeat(14_000)}`);
    readNotes(' '.repeat(200_000));
    expect(process.cpuUsage(began).user).toBeLessThan(5_000_000);
  });
});

describe('writing', () => {
  const marks = (sources: readonly string[]) => sources;

  it('leaves empty parts out', () => expect(renderNotes(EMPTY, marks)).toBe('s'));

  it('repeats no number that a claim has already', () => {
    const facts = [{ claim: 'a [1] b', sources: ['1', '2'] }];
    expect(renderNotes({ ...EMPTY, facts }, marks)).toBe('s\n\n- a [1] b [2]');
  });
});
