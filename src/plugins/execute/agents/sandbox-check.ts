import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessResult, ProcessRunner } from '../../../pipeline/services.ts';
import { type Findings, identify } from './findings.ts';

export interface SandboxCheck {
  readonly runner: ProcessRunner;
  readonly findings: Findings;
  readonly env: Readonly<Record<string, string>>;
  /** Milton's own folder, in which runs have what is temporary. */
  readonly state: string;
}

/** The sandbox has sockets in there, and the system takes no longer names for them. */
const LONGEST_STATE = 59;
const NOT_HERE = "Claude Code's sandbox does not work here";
const ELSE = 'To have it work without one: claude({ sandbox: false }).';

/** What keeps commands from being shut in on this machine, and the command that mends it; one is really shut in to find out. */
export async function checkSandbox({ runner, findings, env, state }: SandboxCheck): Promise<readonly string[]> {
  // On a Mac it is a part of the system.
  if (process.platform !== 'linux') return [];
  const length = Buffer.byteLength(state);
  if (length > LONGEST_STATE) {
    return [
      `${NOT_HERE}: STATE_DIR is ${length} characters long. Set it to a path of at most ${LONGEST_STATE}. ${ELSE}`,
    ];
  }
  return findings.of({ bin: 'bwrap', env, what: 'sandbox' }, async () => {
    const missing: string[] = [];
    for (const [program, name] of [
      ['bwrap', 'bubblewrap'],
      ['socat', 'socat'],
    ] as const) {
      if ((await identify(program, env.PATH)) === undefined) missing.push(name);
    }
    if (missing.length > 0) {
      const lack = missing.length > 1 ? 'are missing' : 'is missing';
      return [`${NOT_HERE}: ${missing.join(' and ')} ${lack}. Run "${await installing(missing, env.PATH)}". ${ELSE}`];
    }
    const said = await tryBubblewrap(runner, env);
    return said === undefined ? [] : [`${NOT_HERE}: ${said} ${ELSE}`];
  });
}

/** What keeps bubblewrap from working, and the command that mends it; it is tried each time. */
export async function bubblewrapProblem(runner: ProcessRunner, env: SandboxCheck['env']): Promise<string | undefined> {
  if ((await identify('bwrap', env.PATH)) !== undefined) return tryBubblewrap(runner, env);
  return `bubblewrap is missing. Run "${await installing(['bubblewrap'], env.PATH)}".`;
}

/** Shuts one command in; what is wrong where that does not work. */
export const tryBubblewrap = (runner: ProcessRunner, env: SandboxCheck['env']) =>
  shutIn((folder) => runner.run('bwrap', [...SHUT, '--tmpfs', folder, ...WITH, ...readIn(folder)], { env }));

/** How the sandbox starts bubblewrap: all of the machine can be read, nothing written. The loopback of its own is up. */
export const SHUT = [
  ...['--new-session', '--die-with-parent', '--unshare-net', '--unshare-pid', '--unshare-user', '--cap-drop', 'ALL'],
  ...['--ro-bind', '/', '/'],
];
/** What stands between that, with what is laid over it, and the command. */
export const WITH = ['--dev', '/dev', '--proc', '/proc', '--'];

/** A command that tries to read what is hidden in a folder. */
export const readIn = (folder: string) => ['sh', '-c', 'cat "$0" 2>/dev/null || echo hidden', join(folder, 'key')];

/** Has a command try to read a file in a folder that is to be hidden from it; what is wrong, where it can or does not run at all. */
export async function shutIn(tries: (folder: string) => Promise<ProcessResult>): Promise<string | undefined> {
  const outer = await mkdtemp(join(tmpdir(), 'milton-sandbox-'));
  try {
    const folder = join(outer, 'hidden');
    await mkdir(folder);
    await writeFile(join(folder, 'key'), 'readable');
    const { stdout, stderr } = await tries(folder);
    if (stdout.trim() === 'hidden') return undefined;
    if (stdout.includes('readable')) return 'a command reads what is hidden from it.';
    const last = stderr.trim().split('\n').at(-1) || 'it says nothing';
    return `it cannot shut a command in (${last}).${await mending()}`;
  } finally {
    await rm(outer, { recursive: true, force: true });
  }
}

/** Ubuntu's rule for bubblewrap: it alone may make the namespaces that are forbidden to all others. */
const PROFILE = String.raw`printf 'abi <abi/4.0>,\ninclude <tunables/global>\nprofile bwrap /usr/bin/bwrap flags=(unconfined) {\n  userns,\n}\n' | sudo tee /etc/apparmor.d/bwrap && sudo systemctl reload apparmor`;

/** What the system has to be told, by what it says of itself; empty where it does not say. */
async function mending(): Promise<string> {
  const setting = async (path: string) => (await readFile(`/proc/sys/${path}`, 'utf8').catch(() => '')).trim();
  if ((await setting('kernel/apparmor_restrict_unprivileged_userns')) === '1') return ` Run "${PROFILE}".`;
  if ((await setting('kernel/unprivileged_userns_clone')) === '0')
    return ` Run "sudo sysctl -w kernel.unprivileged_userns_clone=1".`;
  if ((await setting('user/max_user_namespaces')) === '0')
    return ` Run "sudo sysctl -w user.max_user_namespaces=15000".`;
  return '';
}

const MANAGERS = [
  ['apt-get', 'sudo apt-get install'],
  ['dnf', 'sudo dnf install'],
  ['pacman', 'sudo pacman -S'],
  ['zypper', 'sudo zypper install'],
  ['apk', 'sudo apk add'],
] as const;

async function installing(names: readonly string[], path: string | undefined): Promise<string> {
  for (const [program, command] of MANAGERS) {
    if ((await identify(program, path)) !== undefined) return `${command} ${names.join(' ')}`;
  }
  return `sudo apt-get install ${names.join(' ')}`;
}
