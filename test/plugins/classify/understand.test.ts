import { describe, expect, it } from 'vitest';
import { understand } from '../../../src/plugins/classify/understand.ts';
import fc from '../../support/property.ts';

/** Any UTF-16 unit, lone surrogates included. */
const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));

const names = { repositories: ['app', 'Api', 'my-site'], agents: ['claude', 'codex'] };

/** A reading in one line, so that a table of them can be read. */
function line(text: string): string {
  const reading = understand(text, names);
  if (reading.is === 'command') return `${reading.name} ${reading.argument}`.trim();
  if (reading.is === 'unclear') {
    const { meant, name, repositories } = { meant: '', name: '', repositories: [], ...reading };
    const detail = meant || name || repositories.join(', ');
    return `? ${reading.why} ${detail}`.trim();
  }
  if (reading.is === 'continue') return `continue ${reading.of} | ${reading.text}`;
  const at = [reading.repository, reading.agent].map((name) => (name === undefined ? '' : `@${name} `)).join('');
  return `${reading.kind ?? 'default'} ${at}| ${reading.text}`;
}

describe('going on', () => {
  it.each([
    ['CONTINUE last: also add tests', 'continue last | also add tests'],
    ['continue', 'continue last |'],
    ['Continue.', 'continue last |'],
    ['Milton, continue last', 'continue last |'],
    ['please continue k4m2xa', 'continue k4m2xa |'],
    ['CONTINUE req_k4m2xa: and make it Blue', 'continue k4m2xa | and make it Blue'],
    ['continue request k4m2xa, and add a “test”', 'continue k4m2xa | and add a “test”'],
    ['Continue colon make it blue', 'continue last | make it blue'],
    ['continue last. What about log-out?', 'continue last | What about log-out?'],
    ['CONTINUE: fix it\nand that', 'continue last | fix it\nand that'],
    ['Continue the migration to ESM', 'default | Continue the migration to ESM'],
    ['continue adding tests, please', 'default | continue adding tests, please'],
    ['CONTINUE req_k4m2x: add tests', 'continue req_k4m2x | add tests'],
    ['continue k4m2x1: add tests', 'continue k4m2x1 | add tests'],
    ['continue k4m2x1a', 'continue k4m2x1a |'],
    ['continue Step 2: the pages', 'default | continue Step 2: the pages'],
    ['CODE: continue last: x', 'CODE | continue last: x'],
    ['continued fractions are wrong', 'default | continued fractions are wrong'],
  ])('%j', (text, expected) => expect(line(text)).toBe(expected.endsWith('|') ? `${expected} ` : expected));
});

describe('prefixes', () => {
  it.each([
    ['CODE: add a login', 'CODE | add a login'],
    ['code: add a login', 'CODE | add a login'],
    ['Code : add a login', 'CODE | add a login'],
    ['CODE:add a login', 'CODE | add a login'],
    ['  \n CODE:   add a login  \n', 'CODE | add a login'],
    ['CODE：add a login', 'CODE | add a login'],
    ['ＣＯＤＥ：add a login', 'CODE | add a login'],
    ['CODE\u00a0:\u00a0add a login', 'CODE | add a login'],
    ['\ufeffC\u200bODE\u200b: add a login', 'CODE | add a login'],
    ['CODE; add a login', 'CODE | add a login'],
    ['CODE - add a login', 'CODE | add a login'],
    ['Code – add a login', 'CODE | add a login'],
    ['CODE\nadd a login', 'CODE | add a login'],
    ['Code. Add a login.', 'CODE | Add a login.'],
    ['Code, add a login', 'CODE | add a login'],
    ['code colon add a login', 'CODE | add a login'],
    ['Code colon: add a login', 'CODE | add a login'],
    ['code comma add a login', 'CODE | add a login'],
    ['code add a login', 'CODE | add a login'],
    ['Code change the title', 'CODE | change the title'],
    ['CODE the login page needs work', 'CODE | CODE the login page needs work'],
    ['[CODE] add a login', 'CODE | add a login'],
    ['[CODE]: add a login', 'CODE | add a login'],
    ['【CODE】add a login', 'CODE | add a login'],
    ['(code) add a login', 'CODE | add a login'],
    ['**CODE:** add a login', 'CODE | add a login'],
    ['[CODE: add a login]', 'CODE | add a login'],
    ['“CODE: add a login”', 'CODE | add a login'],
    ['"CODE: print "hello""', 'CODE | print "hello"'],
    ['"CODE: print "hello"', 'CODE | print "hello"'],
    ["'CODE: don't log in'", "CODE | don't log in"],
    ['“CODE”: add a login', 'CODE | add a login'],
    ['Milton, CODE: add a login', 'CODE | add a login'],
    ['Milton code colon add a login', 'CODE | add a login'],
    ['Hey Milton, code add a login', 'CODE | add a login'],
    ['hey milton code: add a login', 'CODE | add a login'],
    ['Hey Milton! Research: how does it work?', 'RESEARCH | how does it work?'],
    ['CODE: keep  my   spacing\n\n\tand “quotes” 🎉', 'CODE | keep  my   spacing\n\n\tand “quotes” 🎉'],
    ['CODE: CANCEL last should be a button', 'CODE | CANCEL last should be a button'],
    ['CODE: http://x.y: is down', 'CODE | http://x.y: is down'],
    ['RESEARCH: which OAuth library?', 'RESEARCH | which OAuth library?'],
    ['research, which OAuth library?', 'RESEARCH | which OAuth library?'],
    ['Research how the login works', 'RESEARCH | how the login works'],
    ['research the best OAuth library', 'RESEARCH | the best OAuth library'],
    ['RESEARCH oauth libraries', 'RESEARCH | RESEARCH oauth libraries'],
  ])('%j', (text, expected) => expect(line(text)).toBe(expected));
});

describe('repositories and agents', () => {
  it.each([
    ['CODE @app: add a login', 'CODE @app | add a login'],
    ['CODE @APP : add a login', 'CODE @app | add a login'],
    ['code @api add a login', 'CODE @Api | add a login'],
    ['CODE @ app: add a login', 'CODE @app | add a login'],
    ['CODE ＠app： add a login', 'CODE @app | add a login'],
    ['CODE @app @codex: add a login', 'CODE @app @codex | add a login'],
    ['CODE @app @app: add a login', 'CODE @app | add a login'],
    ['CLAUDE @app: CODE @app: add a login', 'CODE @app @claude | add a login'],
    ['CODE @codex @my-site: add a login', 'CODE @my-site @codex | add a login'],
    ['Code at api colon add a login', 'CODE @Api | add a login'],
    ['code app: add a login', 'CODE @app | add a login'],
    ['CODE: @api add a login', 'CODE @Api | add a login'],
    ['CODE for api: add a login', 'CODE @Api | add a login'],
    ['CODE (app): add a login', 'CODE @app | add a login'],
    ['CODE/app: add a login', 'CODE @app | add a login'],
    ['app: add a login', 'default @app | add a login'],
    ['CODE: @types/node is outdated', 'CODE | @types/node is outdated'],
    ['CODE: @media queries are broken', 'CODE | @media queries are broken'],
    ['RESEARCH @api: how does it work?', 'RESEARCH @Api | how does it work?'],
    ['@api add a login', 'default @Api | add a login'],
    ['@app: add a login', 'default @app | add a login'],
    ['@app RESEARCH: how does it work?', 'RESEARCH @app | how does it work?'],
    ['@app: RESEARCH: how does it work?', 'RESEARCH @app | how does it work?'],
    ['app: research how it works', 'RESEARCH @app | how it works'],
    ['@app CODE @codex: add a login', 'CODE @app @codex | add a login'],
    ['@app @codex RESEARCH: how does it work?', 'RESEARCH @app @codex | how does it work?'],
    ['@app CODE @api: add a login', '? two repositories app, Api'],
    ['@app Code review is slow', 'default @app | Code review is slow'],
    ['@app STATUS', 'STATUS'],
    ['@app status page is broken', 'default @app | status page is broken'],
    ['CLAUDE: add a login', 'CODE @claude | add a login'],
    ['Claude, add a login', 'CODE @claude | add a login'],
    ['Claude Code: add a login', 'CODE @claude | add a login'],
    ['CODEX: add a login', 'CODE @codex | add a login'],
    ['code x colon add a login', 'CODE @codex | add a login'],
    ['Codex @app: add a login', 'CODE @app @codex | add a login'],
    ['CODE codex: add a login', 'CODE @codex | add a login'],
    ['CODEX: RESEARCH: how does it work?', 'RESEARCH @codex | how does it work?'],
    ['CODE @nosuch: add a login', '? unknown name nosuch'],
    ['@nosuch add a login', '? unknown name nosuch'],
    ['CODE @app @nosuch: add a login', '? unknown name nosuch'],
    ['@types/node is outdated', 'default | @types/node is outdated'],
  ])('%j', (text, expected) => expect(line(text)).toBe(expected));

  it('says so when the agent of a prefix is not configured', () => {
    const only = { repositories: ['app'], agents: ['rehearsal'] };
    expect(understand('CODEX: add a login', only)).toEqual({ is: 'unclear', why: 'unknown name', name: 'codex' });
    expect(understand('REHEARSAL: add a login', only)).toMatchObject({
      kind: 'CODE',
      agent: 'rehearsal',
      text: 'add a login',
    });
  });
});

describe('requests without a prefix', () => {
  it.each([
    'add a login page',
    'Code review the login',
    'Code review is too slow, show it in the footer',
    'Code coverage is too low',
    'Code, docs and tests are out of date',
    'Codes in the invoice table are wrong',
    'code-review the login',
    "Code's formatting is off in the editor",
    'Research page shows the wrong title',
    'Claude, Codex and Gemini should be listed in the README',
    'Claude.md is outdated, rewrite it',
    'Cancel button should be red',
    'cancel all pending orders when a user logs out',
    'Cancle button should be red on the checkout page',
    'Help text is wrong on login page',
    'Help me fix the login page, it throws',
    'Help, the login page is broken!',
    'Status page is broken',
    'status of an order should be shown in red',
    'Queue is stuck in the dashboard',
    'Retry logic for the upload is missing',
    'Retry up to 5 times',
    'add oauth2',
    'upgrade sqlite3',
    'Code at the top of the file is wrong',
    'Cancel oauth2 flow when the token has expired',
    'Stop the spinner when loading is done',
    'List all users on the admin page',
    'Stats page is slow',
    'STATS page is slow',
    'Search results are wrong',
    'Search: rank titles higher',
    'Node: upgrade to 24',
    'Helm: bump the chart',
    'Core: split the parser',
    'Bug: login fails with 500',
    'TODO: remove the old API',
    'Milton should answer faster',
    'milton.config.ts is wrong',
    'milton-orchestrator has no license file',
    'Continue button does nothing',
    'ログインページを追加してください',
  ])('%j stays as it is', (text) => expect(line(text)).toBe(`default | ${text}`));

  it.each([
    ['Hey Milton, add a login page', 'default | add a login page'],
    ['Milton, please add a login page', 'default | please add a login page'],
  ])('%j loses only the address', (text, expected) => expect(line(text)).toBe(expected));
});

describe('commands', () => {
  it.each([
    ['HELP', 'HELP'],
    ['help me', 'HELP'],
    ['Help?', 'HELP'],
    ['“Help”', 'HELP'],
    ['STATUS', 'STATUS'],
    ['Status please', 'STATUS'],
    ['Status, please.', 'STATUS'],
    ["What's the status?", 'STATUS'],
    ['What’s the status?', 'STATUS'],
    ['show me the queue', 'QUEUE'],
    ['STATUS k4m2xa', 'STATUS k4m2xa'],
    ['status of k4m2xa', 'STATUS k4m2xa'],
    ['Queue.', 'QUEUE'],
    ['CANCEL last', 'CANCEL last'],
    ['ANSWER q7k2a yes', 'ANSWER q7k2a yes'],
    ['Answer q7k2a, not today', 'ANSWER q7k2a, not today'],
    ['answer: q7k2a no', 'ANSWER q7k2a no'],
    ['Cancel the last one', 'CANCEL last'],
    ['APPROVE last', 'APPROVE last'],
    ['Approve k4m2xa.', 'APPROVE k4m2xa'],
    ['deny req_k4m2xa', 'DENY k4m2xa'],
    ['Cancel the last request, please', 'CANCEL last'],
    ['please cancel last', 'CANCEL last'],
    ['Milton, cancel last', 'CANCEL last'],
    ['Milton cancel last', 'CANCEL last'],
    ['cancel req_k4m2xa', 'CANCEL k4m2xa'],
    ['CANCEL REQ_K4M2XA', 'CANCEL k4m2xa'],
    ['Cancel: k4m2xa', 'CANCEL k4m2xa'],
    ['cancel:k4m2xa', 'CANCEL k4m2xa'],
    ['Cancel K4 M2 XA', 'CANCEL k4m2xa'],
    ['Cancel k 4 m 2 x a.', 'CANCEL k4m2xa'],
    ['cancel k four m two x a', 'CANCEL k4m2xa'],
    ['Cancel request k4m2xa', 'CANCEL k4m2xa'],
    ['cancel req k4m2xa', 'CANCEL k4m2xa'],
    ['cancel req underscore k4m2xa', 'CANCEL k4m2xa'],
    ['cancel k4m2-xa', 'CANCEL k4m2xa'],
    ['Retry “last”', 'RETRY last'],
    ['RETRY last', 'RETRY last'],
    ['retry req_abcdefgh', 'RETRY abcdefgh'],
    ['CANCEL', 'CANCEL'],
    ['cancel that', 'CANCEL'],
    ['stop', 'CANCEL'],
    ['Stop it!', 'CANCEL'],
    ['Please abort the current request', 'CANCEL'],
    ['cancel everything', 'CANCEL'],
    ['Cancel the current run now', 'CANCEL'],
    ['Cancel the login request', 'CANCEL the login request'],
    ['CANCEL the login', 'CANCEL the login'],
    ['cancel k4m2x8', 'CANCEL k4m2x8'],
    ['Could you please cancel last', 'CANCEL last'],
    ['Claude, cancel last', 'CANCEL last'],
    ['cancel number two', 'CANCEL number two'],
    ['Cancel k4m2xa. It is wrong.', 'CANCEL k4m2xa. It is wrong'],
    ['cancel k4m2xa and k4m2xb', 'CANCEL k4m2xa and k4m2xb'],
    ['cancel ../../etc/passwd', 'CANCEL ../../etc/passwd'],
  ])('%j', (text, expected) => expect(line(text)).toBe(expected));
});

describe('near misses and what is no request', () => {
  it.each([
    ['CANCLE req_k4m2xa', '? near miss CANCEL k4m2xa'],
    ['CANCLE last', '? near miss CANCEL last'],
    ['cancle that', '? near miss CANCEL'],
    ['Cancle the login request', '? near miss CANCEL'],
    ['CANCLE the login', '? near miss CANCEL'],
    ['STAUS', '? near miss STATUS'],
    ['stats', '? near miss STATUS'],
    ['Stats k4m2xa', '? near miss STATUS k4m2xa'],
    ['RETYR last', '? near miss RETRY last'],
    ['QUEU', '? near miss QUEUE'],
    ['hlep', '? near miss HELP'],
    ['jobs', '? near miss QUEUE'],
    ['Redo it!', '? near miss RETRY'],
    ['stop k4m2xa', '? near miss CANCEL k4m2xa'],
    ['stop last', '? near miss CANCEL last'],
    ['abort k4m2xa', '? near miss CANCEL k4m2xa'],
    ['RESEACH: x', '? near miss RESEARCH: x'],
    ['Reserch how the login works', '? near miss RESEARCH: how the login works'],
    ['RESAERCH oauth libraries', '? near miss RESEARCH: oauth libraries'],
    ['CDE: add a login', '? near miss CODE: add a login'],
    ['CDOE @api add a login', '? near miss CODE @api: add a login'],
    ['Cloud, add a login', '? near miss CLAUDE: add a login'],
    ['CLUADE: add a login', '? near miss CLAUDE: add a login'],
    ['Milton, reseach: “x”\n y', '? near miss RESEARCH: “x”\n y'],
    ['[CDOE] add a login', '? near miss CODE: add a login'],
    ['reseach colon x', '? near miss RESEARCH: x'],
    ['CDOE', '? near miss CODE:'],
    ['', '? empty'],
    [' \u200b\n', '? empty'],
    ['CODE @app @api: add a login', '? two repositories app, Api'],
    ['CODE @app: @api add a login', '? two repositories app, Api'],
    ['CODE @app @codex @api: add a login', '? two repositories app, Api'],
    ['code at app at api: add a login', '? two repositories app, Api'],
    ['CLAUDE @app: CODE @api: add a login', '? two repositories app, Api'],
    ['CLAUDE: CODE @app @api: add a login', '? two repositories app, Api'],
    ['CODE:', '? empty'],
    ['code', '? empty'],
    ['CODE @app:', '? empty'],
    ['“RESEARCH:”', '? empty'],
    ['claude code', '? empty'],
    ['CLAUDE: \u200b', '? empty'],
    ['Hey Milton', '? empty'],
    ['ok', '? no request'],
    ['thanks!', '? no request'],
    ['Thanks a lot!', '? no request'],
    ['ok, do it', '? no request'],
    ['DIFF last', 'DIFF last'],
    ['MERGE last', '? no request'],
    ['merge req_k4m2xa', '? no request'],
    ['improve the login', 'default | improve the login'],
    ['Deno: upgrade to 3', 'default | Deno: upgrade to 3'],
    ['https://example.com/a', '? no request'],
  ])('%j', (text, expected) => expect(line(text)).toBe(expected));
});

describe('properties', () => {
  const text = fc.oneof(
    fc.string({ unit: anyUnit }),
    fc.string({
      unit: fc.constantFrom(...'CODEcodelastmilton@:;,."“”[]() \u200b\u00a0\n：#'.split('')),
      maxLength: 60,
    }),
    fc
      .tuple(fc.constantFrom('CODE', 'code @app', 'cancel', 'Milton,', 'RESEARCH', '"CODEX'), fc.string())
      .map((parts) => parts.join(' ')),
  );

  it('never throws, and a request is a part of the message, letter by letter', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const reading = understand(raw, names);
        if (reading.is === 'request') {
          expect(raw).toContain(reading.text);
          expect(reading.text).not.toBe('');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('quotes a mistyped request so that it can be sent', () => {
    const mistyped = fc.constantFrom('RESEACH', 'CDOE', 'Cluade', 'CDOE @app', 'CDOE (app)');
    fc.assert(
      fc.property(mistyped, fc.stringMatching(/^[a-z]+( [a-z]+)+$/), (prefix, rest) => {
        const reading = understand(`${prefix}: ${rest}`, names);
        if (reading.is !== 'unclear' || reading.why !== 'near miss') throw new Error(`read as ${reading.is}`);
        expect(understand(reading.meant, names)).toMatchObject({ is: 'request', text: rest });
      }),
    );
  });

  it('keeps what follows a colon, whatever the case and the spaces before it', () => {
    const cased = fc.mixedCase(fc.constantFrom('code', 'research'));
    const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\u00a0', '\u200b', '\u3000'), maxLength: 4 });
    const words = fc.string({ minLength: 1 }).filter((part) => /^[a-z]/i.test(part) && part === part.trim());
    fc.assert(
      fc.property(
        cased,
        space,
        space,
        fc.constantFrom(':', '：', '﹕'),
        words,
        (prefix, before, between, colon, rest) => {
          expect(understand(`${before}${prefix}${between}${colon}${before}${rest}`, names)).toMatchObject({
            is: 'request',
            kind: prefix.toUpperCase(),
            text: rest,
          });
        },
      ),
    );
  });
});
