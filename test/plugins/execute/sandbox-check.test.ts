import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { Findings } from '../../../src/plugins/execute/agents/findings.ts';
import { checkSandbox } from '../../../src/plugins/execute/agents/sandbox-check.ts';

describe.runIf(process.platform === 'linux')('the check of the sandbox really shuts a command in', () => {
  let root: string;
  let bin: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'milton-check-'));
    bin = join(root, 'bin');
    mkdirSync(bin);
    for (const program of ['sh', 'cat']) symlinkSync(`/bin/${program}`, join(bin, program));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const program = (name: string, script: string) =>
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const check = (state = '/state', findings = new Findings()) =>
    checkSandbox({ runner: new ExecaProcessRunner(), findings, env: { PATH: bin }, state });
  /** Runs what stands behind `--`, in no sandbox at all. */
  const OPEN = 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"';

  it.each([
    [{}, 'bubblewrap and socat are missing. Run "sudo apt-get install bubblewrap socat".'],
    [{ bwrap: OPEN }, 'socat is missing. Run "sudo apt-get install socat".'],
    [{ socat: '', dnf: '' }, 'bubblewrap is missing. Run "sudo dnf install bubblewrap".'],
    [{ bwrap: OPEN, socat: '' }, 'a command reads what is hidden from it.'],
    [
      { bwrap: 'echo "bwrap: no permission" >&2; exit 1', socat: '' },
      'it cannot shut a command in (bwrap: no permission).',
    ],
    [{ bwrap: 'exit 1', socat: '' }, 'it cannot shut a command in (it says nothing).'],
  ])('%j', async (programs, problem) => {
    for (const [name, script] of Object.entries(programs)) program(name, script);
    const [said, ...more] = await check();
    expect(said).toContain(`Claude Code's sandbox does not work here: ${problem}`);
    expect(said).toMatch(/ To have it work without one: claude\(\{ sandbox: false \}\)\.$/);
    expect(more).toEqual([]);
  });

  it('finds nothing wrong where the file is hidden, and remembers that', async () => {
    program('socat', '');
    program('bwrap', `echo asked >> ${join(root, 'asked')}; echo hidden`);
    const findings = new Findings();
    expect([await check('/state', findings), await check('/state', findings)]).toEqual([[], []]);
    expect(await new ExecaProcessRunner().run('cat', [join(root, 'asked')], { env: { PATH: bin } })).toMatchObject({
      stdout: 'asked\n',
    });
  });

  it('tells of a STATE_DIR that leaves no room for sockets', async () => {
    expect(await check(`/${'s'.repeat(60)}`)).toEqual([
      expect.stringContaining('STATE_DIR is 61 characters long. Set it to a path of at most 59.'),
    ]);
  });
});
