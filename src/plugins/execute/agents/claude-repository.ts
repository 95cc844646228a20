import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessRunner } from '../../../pipeline/services.ts';
import type { Failure } from './cli-agent.ts';
import { isOlder } from './version.ts';

/** Older ones widen the sandbox as the repository says, also where they are told to heed nothing of it. */
const DEAF_FROM = [2, 1, 247] as const;
const PLACES = ['.claude/settings.json', '.claude/settings.local.json'];
const WIDENING = ['sandbox', 'permissions'];

interface Told {
  readonly runner: ProcessRunner;
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Why Claude Code must not work in a folder: its repository would widen the sandbox. Undefined where it may. */
export async function widenedBy(folder: string, { runner, bin, env }: Told): Promise<Failure | undefined> {
  for (const place of PLACES) {
    const text = await readFile(join(folder, place), 'utf8').catch(() => '');
    if (!widens(text)) continue;
    const { stdout } = await runner.run(bin, ['--version'], { env });
    const version = /(\d+)\.(\d+)\.(\d+)/.exec(stdout)?.slice(1, 4).map(Number) ?? [];
    if (version.length === 3 && !isOlder(version, DEAF_FROM)) return undefined;
    const reason = `This Claude Code heeds what ${place} says of its sandbox. Update it (${bin} update), or have that count: claude({ repositorySettings: true }).`;
    return { cause: 'other', reason };
  }
  return undefined;
}

/** What is no plain JSON may say anything to a reader that is less strict. */
function widens(text: string): boolean {
  if (text.trim() === '') return false;
  try {
    return WIDENING.some((key) => Object.hasOwn(Object(JSON.parse(text)), key));
  } catch {
    return true;
  }
}
