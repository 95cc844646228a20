// The scripts in the shells they are for. A shell that is missing is skipped, but not in CI.
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StoreDesk } from '../cli/store-desk.ts';

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const lacks = (shell: string) => !process.env.CI && spawnSync(shell, ['--version']).error !== undefined;

let desk: StoreDesk;
beforeAll(async () => {
  desk = new StoreDesk();
  mkdirSync(`${desk.home}/bin`);
  writeFileSync(`${desk.home}/bin/milton`, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, { mode: 0o755 });
  // What stands in a request is never run by a shell.
  await desk.ask({ id: 'req_aaaaaa', text: `CODE: "$(touch ${desk.home}/ran)" \`touch ${desk.home}/ran\` a:b` });
});
afterAll(() => desk[Symbol.asyncDispose]());

async function run(shell: string, ...args: string[]): Promise<string> {
  const env = { PATH: `${desk.home}/bin:${process.env.PATH}`, HOME: desk.home, TERM: 'dumb', LC_ALL: 'C.UTF-8' };
  const { stdout } = await promisify(execFile)(shell, args, { cwd: desk.home, env, timeout: 100_000 });
  expect(spawnSync('ls', [desk.home]).stdout.toString()).not.toContain('ran');
  return stdout;
}

test('bash', async () => {
  const script = `eval "$(milton completion bash)"
    ask() { COMP_WORDS=(milton "$@"); COMP_CWORD=$#; _milton; (IFS=,; echo "\${COMPREPLY[*]}"); }
    ask ru; ask runs --state = fa; ask runs show ''; ask --config milt; complete -p milton`;
  expect(await run('bash', '--norc', '-c', script)).toBe(
    'runs\nfailed\nlast,req_aaaaaa\nmilton.config.ts\ncomplete -F _milton milton\n',
  );
});

test.skipIf(lacks('fish'))('fish', async () => {
  const script = `milton completion fish | source
    for line in 'milton ru' 'milton runs --state fa' 'milton runs --state=fa' 'milton runs show ' 'milton --config milt'
      complete -C $line
    end`;
  expect((await run('fish', '--no-config', '-c', script)).split('\n')).toEqual([
    'runs\twhat was asked and what became of it',
    'failed',
    '--state=failed',
    'last\tthe newest one',
    expect.stringMatching(/^req_aaaaaa\tqueued: CODE: "\$\(touch /),
    'milton.config.ts',
    '',
  ]);
});

test.skipIf(lacks('zsh'))('zsh', async () => {
  const script = `zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z 'PS1=; unset zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source <(milton completion zsh); echo RE""ADY'
    zpty -r z out '*READY*'
    press() { zpty -w -n z $'\\C-U'"$1"$'\\t'; zpty -r z out "$2"; print -r -- "\${\${out##*$'\\r'}//[^[:print:]]/}" }
    press 'milton ru' '*ns *'
    press 'milton runs --state=fa' '*iled*'
    press 'milton runs cancel r' '*aaaaaa*'
    press 'milton --config milt' '*.ts*'
    zpty -d z`;
  const [command, state, id, file] = (await run('zsh', '-f', '-c', script)).split('\n');
  expect([command, state, id, file]).toEqual([
    expect.stringMatching(/ns $/),
    expect.stringMatching(/iled/),
    expect.stringContaining('req_aaaaaa'),
    expect.stringMatching(/on\.config\.ts/),
  ]);
});
