import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { plistOf } from '../../../src/cli/service/launchd/plist.ts';
import type { Program } from '../../../src/cli/service/program.ts';
import { sealOf } from '../../../src/cli/service/sealed-file.ts';
import { bare, program, quoted } from '../../../src/cli/service/systemd/quote.ts';
import { unitOf } from '../../../src/cli/service/systemd/unit.ts';
import fc from '../../support/property.ts';
import { StandIns } from '../../support/stand-in.ts';
import { unitText } from '../../support/texts-for-units.ts';

const stand = new StandIns();
afterAll(() => stand[Symbol.dispose]());

const plain: Program = {
  node: process.execPath,
  cli: '/opt/my milton/100% "real"/it’s $HOME\\main.js',
  config: `${stand.home}/milton.config.ts`,
  path: '/home/x/own agents:/usr/bin:/a%b',
};

/** A tool that CI has, and a developer's machine perhaps not. */
function has(tool: string): boolean {
  if (spawnSync(tool, ['--version']).error === undefined) return true;
  if (process.env.CI) throw new Error(`${tool} is missing: see the programs in .ci/run`);
  return false;
}

describe('the unit', () => {
  test.skipIf(!has('systemd-analyze'))('is what systemd takes, without a word', () => {
    const version = Number(/\d+/.exec(execFileSync('systemd-analyze', ['--version'], { encoding: 'utf8' }))![0]);
    const file = join(stand.home, 'milton.service');
    writeFileSync(file, unitOf(plain, version));
    const env = { PATH: process.env.PATH, HOME: stand.home, XDG_RUNTIME_DIR: stand.home };
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--user', file], {
      env,
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    writeFileSync(file, unitOf(plain, version).replace('KillMode=mixed', 'KillMood=mixed'));
    expect(spawnSync('systemd-analyze', ['verify', '--user', file], { env, encoding: 'utf8' }).stderr).toContain(
      'KillMood',
    );
  });

  test('waits longer from failure to failure where systemd knows how', () => {
    expect(unitOf(plain, 252)).toMatch(/^RestartSec=10$/m);
    expect(unitOf(plain, 252)).not.toContain('RestartSteps');
    expect(unitOf(plain, 254)).toMatch(/^RestartSec=1\nRestartSteps=8\nRestartMaxDelaySec=300$/m);
  });

  test('is known again, and what anybody has changed in it is seen', () => {
    const text = unitOf(plain, 252);
    expect(sealOf(text)).toMatchObject({ intact: true });
    expect(sealOf(text.replace('UMask=0077', 'UMask=0022'))).toMatchObject({ intact: false });
    expect(sealOf(`${text}Nice=5\n`)).toMatchObject({ intact: false });
    expect(sealOf('[Service]\nExecStart=/bin/milton\n')).toBeUndefined();
  });
});

describe('what systemd makes of a text', () => {
  /** A quoted word as systemd.syntax(7) and systemd.unit(5) tell to read it. */
  function read(word: string): string {
    expect(word).toMatch(/^"(?:[^"\\\n]|\\(?:["\\]|x[0-9a-f]{2}))*"$/);
    const inner = word.slice(1, -1).replace(/\\(?:x(..)|(.))/g, (_, hex, char) => {
      return hex ? String.fromCharCode(Number.parseInt(hex, 16)) : char;
    });
    expect(inner.replaceAll('%%', '')).not.toContain('%');
    return inner.replaceAll('%%', '%');
  }

  test('is the text, whatever is in it', () => {
    fc.assert(fc.property(unitText, (text) => void expect(read(quoted(text))).toBe(text)));
  });

  test('paths that it cannot take are refused, with what to do', () => {
    for (const path of ['/a"b/node', "/o'brien/node", '/a\\b', '/a\nb']) {
      expect(() => program(path)).toThrow(/systemd cannot use this path/);
    }
    expect(program('/home/jörg/100% sure/node')).toBe('"/home/jörg/100%% sure/node"');
    for (const path of ['/a\\', '/a ', '/a\nb']) expect(() => bare(path)).toThrow(/systemd cannot use this path/);
    expect(bare('/home/o\'brien "x"/50%')).toBe('/home/o\'brien "x"/50%%');
  });
});

describe('the launchd agent (for a Mac, where it is untested)', () => {
  const DTD = `<!ELEMENT plist (dict)><!ATTLIST plist version CDATA #FIXED "1.0"><!ELEMENT dict (key, (string|integer|true|false|array|dict))*>
    <!ELEMENT array (string|integer|true|false|array|dict)*><!ELEMENT key (#PCDATA)><!ELEMENT string (#PCDATA)>
    <!ELEMENT integer (#PCDATA)><!ELEMENT true EMPTY><!ELEMENT false EMPTY>`;

  test.skipIf(!has('xmllint'))('is a property list, by a parser and the grammar of such lists', () => {
    writeFileSync(join(stand.home, 'plist.dtd'), DTD);
    writeFileSync(join(stand.home, 'a.plist'), plistOf(plain, '/l.log').replace(/<!DOCTYPE.*\n/, ''));
    const args = ['--noout', '--nonet', '--dtdvalid', 'plist.dtd', 'a.plist'];
    const { status, stderr } = spawnSync('xmllint', args, { cwd: stand.home, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const of = (path: string) =>
      execFileSync('xmllint', ['--nonet', '--xpath', path, 'a.plist'], { cwd: stand.home, encoding: 'utf8' }).trimEnd();
    const words = [1, 2, 3, 4, 5].map((n) =>
      of(`string(//key[.='ProgramArguments']/following::array[1]/string[${n}])`),
    );
    expect(words).toEqual([plain.node, plain.cli, 'start', '--config', plain.config]);
    expect(of(`string(//key[.='PATH']/following::string[1])`)).toBe(plain.path);
    expect(of(`name(//key[.='SuccessfulExit']/following-sibling::*[1])`)).toBe('false');
  });

  test('has every text as it is, and nothing that XML does not know', () => {
    const xml = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
    fc.assert(
      fc.property(xml, (path) => {
        const [, shown = ''] = /<key>PATH<\/key>\n<string>(.*)<\/string>/.exec(plistOf({ ...plain, path }, '/l'))!;
        const back = shown.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
        expect(shown).not.toMatch(/[<>\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&(?!#\d+;)/);
        expect(back).toBe(path.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '').toWellFormed());
      }),
    );
  });

  test('is known again', () => expect(sealOf(plistOf(plain, '/l'))).toMatchObject({ intact: true }));
});
