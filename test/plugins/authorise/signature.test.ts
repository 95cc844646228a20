import * as crypto from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isGenuine, readSignature, sign } from '../../../src/plugins/authorise/signature.ts';
import fc from '../../support/property.ts';

const SECRET = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const OTHER = 'BBECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const WHEN = { at: '2026-11-23T04:09:08Z', nonce: '4815162342' };
const TEXT = 'CODE: add a login — “feature” 🎉';
const WIRE = `${TEXT}\nm1 ${WHEN.at} ${WHEN.nonce} 214eefd0acb649cef7722c789eb98450e31e20b13b4b1b50525f351a9dd079a1`;

const genuine = (wire: string, secrets = [SECRET]) => {
  const signed = readSignature(wire);
  return signed !== undefined && isGenuine(signed, secrets);
};

describe('the signature', () => {
  it('is that of the test vector', () => {
    expect(sign(TEXT, SECRET, WHEN)).toBe(WIRE);
    expect(genuine(WIRE)).toBe(true);
    expect(readSignature(WIRE)).toMatchObject({ scheme: 'm1', text: TEXT, ...WHEN });
  });

  it('of a script is HMAC-SHA256 over the same text', () => {
    const mac = crypto.createHmac('sha256', SECRET).update(`m1\n${WHEN.at}\n${WHEN.nonce}\n${TEXT}`).digest('hex');
    expect(sign(TEXT, SECRET, { ...WHEN, scheme: 'm1h' })).toBe(`${TEXT}\nm1h ${WHEN.at} ${WHEN.nonce} ${mac}`);
    expect(genuine(`${TEXT}\nm1h ${WHEN.at} ${WHEN.nonce} ${mac}`)).toBe(true);
    expect(genuine(`${TEXT}\nm1 ${WHEN.at} ${WHEN.nonce} ${mac}`)).toBe(false);
  });

  it.each([
    ['in capitals', WIRE.replace(/[0-9a-f]{64}$/, (hex) => hex.toUpperCase())],
    ['with line ends of Windows', WIRE.replaceAll('\n', '\r\n')],
    ['with spaces around it', `  \n${WIRE}\n \n`],
    ['with its scheme in capitals', WIRE.replace('\nm1 ', '\nM1 ')],
  ])('counts %s', (_what, wire) => expect(genuine(wire)).toBe(true));

  it('counts where a phone writes the first of its two hashes in capitals', () => {
    const { hash } = crypto;
    const inner = hash('sha256', `${SECRET}\nm1\n${WHEN.at}\n${WHEN.nonce}\n${TEXT}`).toUpperCase();
    const outer = hash('sha256', `${SECRET}\n${inner}`);
    expect(genuine(`${TEXT}\nm1 ${WHEN.at} ${WHEN.nonce} ${outer}`)).toBe(true);
  });

  it('counts where the space that a keyboard adds was signed and sent along', () => {
    const { hash } = crypto;
    const typed = `${TEXT} `;
    const inner = hash('sha256', `${SECRET}\nm1\n${WHEN.at}\n${WHEN.nonce}\n${typed}`);
    const wire = `${typed}\nm1 ${WHEN.at} ${WHEN.nonce} ${hash('sha256', `${SECRET}\n${inner}`)}`;
    expect(genuine(wire)).toBe(true);
    expect(readSignature(wire)?.text).toBe(TEXT);
    expect(genuine(wire.replace(typed, TEXT))).toBe(false);
  });

  it('counts with each of two keys, and with none but these', () => {
    expect(genuine(WIRE, [OTHER, SECRET])).toBe(true);
    expect(genuine(WIRE, [SECRET, OTHER])).toBe(true);
    expect(genuine(WIRE, [OTHER])).toBe(false);
    expect(genuine(WIRE, [])).toBe(false);
  });

  it('covers every character, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.nat(), (text, where) => {
        const wire = sign(text, SECRET, WHEN);
        expect(genuine(wire)).toBe(true);
        const letters = [...wire];
        const at = where % letters.length;
        letters[at] = letters[at] === 'x' ? 'y' : 'x';
        expect(genuine(letters.join(''))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    '',
    'CODE: x',
    'm1 2026-11-23T04:09:08Z 4815162342',
    `${TEXT} m1 ${WHEN.at} ${WHEN.nonce} ${'0'.repeat(64)}`,
    `${TEXT}\nm1 ${WHEN.at} ${WHEN.nonce} ${'0'.repeat(63)}`,
    `${TEXT}\nm2 ${WHEN.at} ${WHEN.nonce} ${'0'.repeat(64)}`,
    `${TEXT}\nm1 ${WHEN.at} 12345 ${'0'.repeat(64)}`,
    `${WIRE}\nand more`,
  ])('is not there in %j', (text) => expect(readSignature(text)).toBeUndefined());

  it('takes the last line for it where several look like one', () => {
    const twice = sign(WIRE, OTHER, WHEN);
    expect(readSignature(twice)).toMatchObject({ text: WIRE });
    expect(genuine(twice)).toBe(false);
    expect(genuine(twice, [OTHER])).toBe(true);
  });
});
