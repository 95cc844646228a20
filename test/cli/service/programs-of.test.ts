import { describe, expect, test } from 'vitest';
import { plistOf } from '../../../src/cli/service/launchd/plist.ts';
import { programsOf } from '../../../src/cli/service/programs-of.ts';
import { unitOf } from '../../../src/cli/service/systemd/unit.ts';
import fc from '../../support/property.ts';
import { unitText } from '../../support/texts-for-units.ts';

const rest = { config: '/c/milton.config.ts', path: '/usr/bin' };
const path = fc
  .oneof(
    unitText,
    fc.string({ unit: 'binary' }),
    fc.constantFrom("a&b'<c>", 'a&amp;b', '&#38;', '$$', '\\x25', '\u2028x'),
  )
  .map((text) => `/${text.replaceAll('\0', '')}`);

describe('the programs of a service are found again in what Milton has written', () => {
  test('as a unit, whatever is in their paths', () => {
    // systemd starts no program whose path has one of these, so that no such unit is written.
    const node = path.map((text) => text.replace(/["'\\\x00-\x1f\x7f]/g, ''));
    fc.assert(
      fc.property(node, path, (node, cli) => {
        expect(programsOf(unitOf({ node, cli, ...rest }, 252))).toEqual([node, cli]);
      }),
    );
  });

  test('as a launchd agent, whatever is in their paths', () => {
    const xml = path.map((text) => text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, ''));
    fc.assert(
      fc.property(xml, xml, (node, cli) => {
        expect(programsOf(plistOf({ node, cli, ...rest }, '/l.log'))).toEqual([node, cli]);
      }),
    );
  });
});

describe('the programs of a service that somebody has edited', () => {
  test.each([
    ['/usr/bin/node /m.js start', ['/usr/bin/node', '/m.js']],
    [String.raw`-/opt/a$$b/node '/it is/50%%/\x41\"\\.js' start`, ['/opt/a$b/node', '/it is/50%/A"\\.js']],
    [':/opt/a$$b/node /m.js', ['/opt/a$$b/node', '/m.js']],
    ['milton start', []],
  ])('ExecStart=%s', (line, programs) => {
    expect(programsOf(`[Service]\nType=notify\nExecStart=${line}\nUMask=0077\n`)).toEqual(programs);
  });

  test('a property list with entities by name and by number', () => {
    const list = '<array><string>/a&amp;lt;b&#x26;&#38;</string><string>/&quot;&apos;&gt;</string></array>';
    expect(programsOf(`<plist><dict><key>ProgramArguments</key>${list}</dict></plist>`)).toEqual([
      '/a&lt;b&&',
      '/"\'>',
    ]);
  });

  test('a unit without a command', () => expect(programsOf('[Service]\n')).toEqual([]));
});
