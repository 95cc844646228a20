/** Why a line is not run by these tests, and the text in a file that shows what runs it there. */
export interface Elsewhere {
  readonly because: string;
  readonly file: string;
  readonly text: string;
}

const ci = (because: string, text: string): Elsewhere => ({ because, file: '.ci/run', text });
const long = (text: string) => ci('it takes minutes', text);
const fetches = (text: string) => ci('it needs the network', text);
const foreign = (file: string, text: string): Elsewhere => ({
  because: 'it is a program of somebody else, and wants a person or an account',
  file,
  text,
});

const needsManager = (text: string): Elsewhere => ({
  because: 'it needs a service manager',
  file: 'test/e2e/service.test.ts',
  text,
});

const standIn = (text: string): Elsewhere => ({
  because: 'where it is tested it speaks to a stand-in for the service manager',
  file: 'test/cli/service/systemd.test.ts',
  text,
});

/** The lines that something else runs. */
export const ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  'npm test': long('npm test'),
  'npm run lint': long('npm run --silent lint'),
  'npm run coverage': long('npm run --silent coverage'),
  'npm run test:e2e': long('npm run --silent test:e2e'),
  'npm run bench': long('npm run --silent bench -- --quick'),
  'npm run bench -- --quick': long('npm run --silent bench -- --quick'),
  'npm run bench -- store e2e': long('npm run --silent bench -- --quick'),
  'npm run bench -- --quick --json': long('npm run --silent bench -- --quick'),
  'npm run torture -- ntfy': long('npm run --silent torture -- ntfy --quick'),
  'npm run torture -- ntfy --quick': long('npm run --silent torture -- ntfy --quick'),
  'npm run torture -- ntfy --seed 7 storm kill': long('npm run --silent torture -- ntfy --quick'),
  'npm run torture -- ntfy --server /usr/bin/ntfy status': long('npm run --silent torture -- ntfy --quick --server'),
  'npm run torture -- agents': long('npm run --silent torture -- agents --quick'),
  'npm run torture -- agents --quick': long('npm run --silent torture -- agents --quick'),
  'npm run torture -- security': long('npm run --silent torture -- security --quick'),
  'npm run torture -- security --quick': long('npm run --silent torture -- security --quick'),
  '.ci/run': ci('it is what runs all of this', 'Everything a change has to pass'),
  'milton demo': ci('it makes a machine of its own', 'npm run --silent demo'),
  'milton demo --agent claude': foreign('test/e2e/claude.test.ts', 'claude'),
  'npm run format': ci('it rewrites the clone', 'npm run --silent lint'),
  'npm run docs': { because: 'it rewrites the clone', file: 'test/docs-generated.test.ts', text: 'npm run docs' },
  'npm run build': { because: 'it was run before', file: 'test/support/build.ts', text: 'scripts/build.mjs' },
  'node scripts/check-packages.mjs': fetches('node scripts/check-packages.mjs'),
  'scripts/get-ntfy DIR': fetches('scripts/get-ntfy "$cache/ntfy"'),
  'scripts/get-ntfy .cache/ntfy trixie': fetches('scripts/get-ntfy "$cache/ntfy" trixie'),
  'scripts/get-ntfy .cache/ntfy sid': fetches('scripts/get-ntfy "$cache/ntfy"'),
  'scripts/get-claude VERSION DIR': fetches('scripts/get-claude 2.1.330'),
  'scripts/get-codex VERSION DIR': fetches('scripts/get-codex 0.169.0'),
  'scripts/get-claude 2.1.330; scripts/get-codex 0.169.0': fetches('scripts/get-claude 2.1.330'),
  'scripts/offline COMMAND': ci('it shuts the network off', 'scripts/offline npm run'),
  'sudo apt-get install bubblewrap socat': ci('it needs root', 'bwrap:bubblewrap socat:socat'),
  'npm install -g milton-orchestrator': {
    because: 'it needs a package',
    file: 'test/e2e/package.test.ts',
    text: "'install'",
  },
  'milton init': { because: 'it asks questions', file: 'test/e2e/first-time.test.ts', text: "'init'" },
  'milton init --yes': { because: 'it makes a set-up', file: 'test/cli/init/init.test.ts', text: "'init', '--yes'" },
  'milton service install': needsManager("'service', 'install'"),
  'milton service start': needsManager("'service', 'start'"),
  'milton service stop': needsManager("'service', 'stop'"),
  'milton service restart': needsManager("'service', 'restart'"),
  'milton service status': needsManager('all.status()'),
  'milton service uninstall': needsManager("'service', 'uninstall'"),
  'milton service install --print': standIn("run('install', '--print')"),
  'milton service logs': standIn("milton('logs', { follow: true })"),
  'milton service logs -f': standIn("milton('logs', { follow: true })"),
  'loginctl enable-linger': standIn('loginctl enable-linger'),
  'systemctl --user edit milton.service': needsManager('all.dropIn('),
  'npm uninstall -g milton-orchestrator': {
    because: 'it needs a package',
    file: 'test/e2e/package.test.ts',
    text: "'uninstall'",
  },
  'npm install -g @anthropic-ai/claude-code': fetches('scripts/get-claude 2.1.330'),
  'codex login': foreign('test/plugins/execute/codex.test.ts', 'codex login'),
  'claude update': foreign('test/plugins/execute/claude.test.ts', 'claude update'),
  'git lfs install': foreign('test/plugins/execute/hostile-git.test.ts', 'filter'),
};

/** Lines that a sentence only names, since nobody is to type them as they stand. */
export const NAMED: readonly string[] = [
  'chmod 700',
  'chmod go-w',
  'codex exec',
  'git switch',
  'git worktree add',
  'npm ci',
  'npm ci --offline',
  'npm install',
  'npm install -g',
  'scripts/build.mjs --types',
  'sudo npm install -g',
];
