import { describe, expect, it } from 'vitest';
import { understand } from '../../../src/plugins/classify/understand.ts';
import fc from '../../support/property.ts';
import { proportionOf } from '../../support/proportion.ts';

const names = { repositories: ['app', 'api'], agents: ['claude', 'codex'] };
const LENGTH = 200_000;
/** In linear time a nasty text takes a few times what ordinary words take; in quadratic time, thousands of times. */
const MOST = 100;

const heads = ['', 'CODE: ', 'code', 'code-', '"CODE', '@', 'CODE @app', 'CLAUDE: CODE ', 'Milton', 'please '];
const orders = ['cancel ', 'CANCLE ', 'ANSWER q7k2a ', 'continue', 'continue last', 'stop ', 'cdoe', 'status'];
const signs = [' ', '.', '"', ':', '@', '\n', '\t', '\u00a0', '\u200b', "'", '[', '(', '-', '_', '*', '!', ',', ', '];
const words = ['a', 'a-', '. ', '@app ', 'at app ', 'the ', 'req ', 'code ', 'milton, ', 'please ', 'two ', 'don’t '];
const head = fc.constantFrom(...heads, ...orders);
const part = fc.constantFrom(...signs, ...words);

const long = (each: string, length = LENGTH) => each.repeat(Math.ceil(length / each.length));

describe('T14: a long text', () => {
  it('is read in a time that grows with its length, whatever stands in it', () => {
    let begins = '';
    const proportion = proportionOf((text) => understand(`${begins}${text.slice(0, LENGTH)}x`, names));
    fc.assert(
      fc.property(head, part, (first, each) => {
        begins = first;
        expect(proportion(each)).toBeLessThan(MOST);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it.each(signs)('stays as it is as a request: %j', (sign) => {
    const text = `add “${long(sign)}” to the page`;
    expect(understand(`CODE: ${text}`, names)).toMatchObject({ is: 'request', text });
    expect(understand(`please ${text}`, names)).toMatchObject({ is: 'request', text: `please ${text}` });
  });

  it('stays as it is as an answer, and as what is to be done next', () => {
    const text = `no, ${long('rather that, ')}as it was`;
    expect(understand(`ANSWER q7k2a ${text}`, names)).toMatchObject({ is: 'command', argument: `q7k2a ${text}` });
    expect(understand(`CONTINUE last: ${text}`, names)).toMatchObject({ is: 'continue', of: 'last', text });
  });

  it('is none of the requests that a command may name', () => {
    const text = `cancel ${long('the ', 4_000)}button`;
    expect(understand(text, names)).toMatchObject({ is: 'request', text });
  });
});
