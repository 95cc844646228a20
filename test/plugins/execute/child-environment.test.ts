import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepTidy } from '../../../src/cli/start/retention.ts';
import type { RepositoryCommand } from '../../../src/pipeline/services.ts';
import { claude } from '../../../src/plugins/execute/agents/claude.ts';
import { commandAgent } from '../../../src/plugins/execute/agents/command-agent.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { acting, requestOf, resultOf, serving } from '../../support/acting-agent.ts';
import { MemoryLogger, makeAgent, runStep } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

/** What nobody but Milton is to see, or what would change what a program does. */
const FOREIGN = {
  ...{
    NTFY_TOKEN: 'tk_1',
    NTFY_USER: 'me',
    NTFY_PASSWORD: 'pw',
    PERPLEXITY_API_KEY: 'pplx-1',
    MILTON_ALLOW_UNSIGNED: '1',
  },
  ...{ ANTHROPIC_API_KEY: 'sk-ant', OPENAI_API_KEY: 'sk-o', AWS_SECRET_ACCESS_KEY: 'aws', SSH_AUTH_SOCK: '/agent' },
  ...{
    NODE_OPTIONS: '--require /evil.js',
    LD_PRELOAD: '/evil.so',
    GIT_DIR: '/evil',
    GIT_SSH_COMMAND: 'evil',
    BASH_ENV: '/evil',
  },
};
const ALLOWED =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|TZ|TMPDIR|LANG|LANGUAGE|LC_[A-Z]+|XDG_[A-Z_]+|(?:HTTP|HTTPS|ALL|NO)_PROXY|SSL_CERT_(?:FILE|DIR)|NODE_EXTRA_CA_CERTS|TERM|NO_COLOR|CI|MILTON_REQUEST_ID|PWD|OLDPWD|SHLVL|_)$/i;
/** What Milton itself says to git. */
const GITS_OWN = /^GIT_(?:TERMINAL_PROMPT|OPTIONAL_LOCKS|CONFIG_COUNT|ALLOW_PROTOCOL|NO_LAZY_FETCH)$/;

describe('what the programs of a run see of the environment', () => {
  let repo: GitRepo;
  beforeEach(() => {
    repo = gitRepo();
  });
  afterEach(() => repo[Symbol.dispose]());

  const program = (name: string, script: string) => {
    const path = join(repo.root, 'bin', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return path;
  };
  const sh = (line: string): RepositoryCommand => ({ line, argv: ['sh', '-c', line] });

  it('T8: an agent, the commands of a repository and git get names from a list, and a folder for what is temporary', async () => {
    const seen = (what: string) => readFileSync(join(repo.root, what), 'utf8');
    const tell = (what: string) => `env > ${join(repo.root, what)}`;
    const real = process.env.PATH ?? '';
    const bin = program(
      'agent',
      `${tell('agent')}; stat -c %a "$TMPDIR" > ${join(repo.root, 'mode')}; echo > "$TMPDIR/x"; echo > new`,
    );
    program('git', `env >> ${join(repo.root, 'git')}; PATH=${real} exec git "$@"`);
    const services = serving(repo, []);
    const variables = { ...services.variables, ...FOREIGN, PATH: `${dirname(bin)}:${real}` };
    const agent = await makeAgent(commandAgent({ as: 'any', bin, scope: false }), { ...services, variables });
    const repositories = [
      { name: 'app', path: repo.path, agent: undefined, prepare: sh(tell('prepare')), test: sh(`${tell('test')}`) },
    ];
    const run = requestOf({ agent: 'any' });
    await runStep(execute(), run, { ...services, variables, repositories, agents: [agent] });
    expect(resultOf(run)).toMatchObject({ status: 'succeeded', tests: { outcome: 'passed' } });
    const names = (what: string) => [...seen(what).matchAll(/^(\w+)=/gm)].map(([, name]) => name!);
    for (const what of ['agent', 'prepare', 'test']) {
      expect(
        names(what).filter((name) => !ALLOWED.test(name)),
        what,
      ).toEqual([]);
      expect(seen(what)).toContain(`TMPDIR=${join(repo.state, 'tmp', run.id)}\n`);
    }
    expect(names('git').filter((name) => !ALLOWED.test(name) && !GITS_OWN.test(name))).toEqual([]);
    expect(seen('mode')).toBe('700\n');
    expect(readdirSync(join(repo.state, 'tmp'))).toEqual([]);
  });

  it('what is temporary goes with a run that fails as well', async () => {
    const agent = acting(({ temporary }) => {
      expect(statSync(temporary!).mode & 0o777).toBe(0o700);
      throw new Error('no');
    });
    await expect(runStep(execute(), requestOf(), serving(repo, [agent]))).rejects.toThrow(/failed: Error: no/);
    expect(readdirSync(join(repo.state, 'tmp'))).toEqual([]);
  });

  it('what a killed Milton has left of a run that is over goes at the next start', async () => {
    for (const id of ['req_aaaaaa', 'req_bbbbbb']) mkdirSync(join(repo.state, 'tmp', id), { recursive: true });
    const store = { get: async (id: string) => (id === 'req_aaaaaa' ? ({} as never) : undefined) };
    const stop = keepTidy({ repositories: [], state: repo.state, store, logger: new MemoryLogger() });
    await expect.poll(() => readdirSync(join(repo.state, 'tmp'))).toEqual(['req_aaaaaa']);
    stop();
  });

  it.each(['NTFY_TOKEN', 'NTFY_PASSWORD', 'PERPLEXITY_API_KEY', 'MILTON_SECRET'])(
    'T8: %s is handed on to nobody, whatever is asked for',
    (name) => {
      const parsed = claude().schema!.safeParse({ bin: 'claude', timeout: 0, envPass: ['DATABASE_URL', name] });
      expect(parsed.error?.issues[0]).toMatchObject({
        path: ['envPass', 1],
        message: expect.stringContaining('secrets'),
      });
    },
  );

  it.each(['SSH_AUTH_SOCK', 'MILTON_REQUEST_ID', 'NODE_OPTIONS'])('%s can be asked for', (name) => {
    expect(claude().schema!.safeParse({ bin: 'claude', timeout: 0, envPass: [name] }).success).toBe(true);
  });
});
