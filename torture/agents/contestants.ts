import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent } from '../../src/pipeline/agent.ts';
import { claude } from '../../src/plugins/execute/agents/claude.ts';
import { codex } from '../../src/plugins/execute/agents/codex.ts';
import { bareAgent } from '../../test/support/bare-agent.ts';
import { claudeBinaries } from '../../test/support/claude-binaries.ts';
import { codexBinaries, codexTemporary } from '../../test/support/codex-binaries.ts';
import { stubAnthropic } from '../../test/support/stub-anthropic.ts';
import { stubOpenai } from '../../test/support/stub-openai.ts';

/** An agent that is going to be cancelled. */
export interface Contestant {
  readonly name: string;
  /** Sets up an agent whose command never ends and leaves a process behind; `marker` is to be on that process's command line. */
  prepare(home: string, marker: string): Promise<{ readonly agent: Agent; close(): Promise<void> }>;
}

const hermetic = (home: string) => ({ PATH: process.env.PATH ?? '', HOME: home });
const SCRIPTED = join(import.meta.dirname, '../../test/support/fake-agents/claude.mjs');

/** What a badly behaved command does: a process in a session of its own that heeds no polite signal, and no end. */
export const stubborn = (marker: string): string =>
  `(setsid sh -c 'trap "" TERM INT HUP; : ${marker}; while :; do sleep 1; done' >/dev/null 2>&1 &); touch busy; tail -f /dev/null`;

/** Every agent that is here: the scripted one, and the real ones. */
export function contestants(): readonly Contestant[] {
  const here = ({ bin }: { readonly bin: string }) => existsSync(bin);
  const [claudes, codexes] = [claudeBinaries().filter(here), codexBinaries().filter(here)];
  if (claudes.length === 0) console.error('There is no real Claude Code here: see scripts/get-claude.');
  if (codexes.length === 0) console.error('There is no real Codex here: see scripts/get-codex.');
  return [
    scripted,
    ...claudes.map(({ version, bin }) => realClaude(version, bin)),
    ...codexes.map(({ version, bin }) => realCodex(version, bin)),
  ];
}

const scripted: Contestant = {
  name: 'scripted',
  async prepare(home, marker) {
    const env = { FAKE_ACT: 'hang', FAKE_MARKER: marker };
    return {
      agent: await bareAgent(claude({ bin: SCRIPTED, env, timeout: 0 }), hermetic(home)),
      close: async () => {},
    };
  },
};

/** Without its sandbox, in which nothing that is left could live; so is Codex. */
const realClaude = (version: string, bin: string): Contestant => ({
  name: `Claude Code ${version}`,
  async prepare(home, marker) {
    const command = { command: stubborn(marker), description: 'Never ends', timeout: 600_000 };
    const stub = await stubAnthropic({
      turns: [
        { tool: 'Bash', input: command },
        { hang: true, times: -1 },
      ],
    });
    const variables = { ...hermetic(home), ANTHROPIC_BASE_URL: stub.url, ANTHROPIC_API_KEY: 'sk-ant-made-up' };
    return {
      agent: await bareAgent(claude({ bin, allowedTools: ['Bash'], sandbox: false, timeout: 0 }), variables),
      close: async () => stub[Symbol.asyncDispose](),
    };
  },
});

const realCodex = (version: string, bin: string): Contestant => ({
  name: `Codex ${version}`,
  async prepare(home, marker) {
    const stub = await stubOpenai({ turns: [{ shell: stubborn(marker) }, { hang: true, times: -1 }] });
    const provider = `model_providers.stub={name="stub",base_url="${stub.url}",wire_api="responses",env_key="STUB_KEY"}`;
    const extraArgs = ['-c', 'model_provider=stub', '-c', provider];
    mkdirSync(join(home, '.codex'));
    const variables = { ...hermetic(home), CODEX_HOME: join(home, '.codex'), TMPDIR: codexTemporary(home) };
    const env = { STUB_KEY: 'sk-made-up' };
    return {
      agent: await bareAgent(codex({ bin, sandbox: 'danger-full-access', extraArgs, env, timeout: 0 }), variables),
      close: async () => stub[Symbol.asyncDispose](),
    };
  },
});
