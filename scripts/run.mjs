// Runs one of the project's tasks after installing and building what is missing. Any Node from 18 on can run it: the tasks
// themselves run on the Node 24 that the project brings along.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const main = 'dist/src/cli/main.js';
const [task, ...args] = process.argv.slice(2);

/** Each task: the commands it consists of. The first word is a program of node_modules/.bin, except npm and bash. */
const tasks = {
  demo: () => [build, ['node', main, 'demo', ...args]],
  start: () => [build, ['node', main, 'start', ...args]],
  milton: () => [build, ['node', main, ...args]],
  build: () => [build],
  test: () => [build, ['vitest', 'run', '--project', 'unit*', ...args]],
  coverage: () => [build, ['vitest', 'run', '--project', 'unit*', '--coverage', ...args]],
  e2e: () => [build, ['vitest', 'run', '--project', 'e2e', ...args]],
  bench: () => [build, ['node', '--expose-gc', 'bench/main.ts', ...args]],
  torture: () => [build, ['node', torture(), ...args]],
  docs: () => [['vitest', 'run', '--project', 'unit', 'test/docs-generated.test.ts', '--update']],
  lint: () => [
    ['biome', 'check', '--error-on-warnings', '.'],
    ['tsc', '--noEmit'],
  ],
};
/** Agents and security have scripts of their own. */
const torture = () => `torture/${['agents/', 'security/'].find((own) => args.includes(own.slice(0, -1))) ?? ''}main.ts`;
const build = ['node', 'scripts/build.mjs'];

/** Runs a command to its end. Signals are passed on, so that stopping this script stops the task in order. */
async function run([program, ...rest], stdout = 'inherit') {
  const command = program === 'npm' ? 'npm' : bin(program);
  const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}` };
  const child = spawn(command, rest, { cwd: root, env, stdio: ['inherit', stdout, 'inherit'] });
  // Ctrl-C reaches the task by itself, as a member of the terminal's process group.
  const ignore = () => {};
  const forward = (signal) => child.kill(signal);
  process.on('SIGINT', ignore).on('SIGTERM', forward);
  const [status, signal] = await once(child, 'exit').catch((error) => {
    console.error(`${command}: ${error.message}`);
    return [1, null];
  });
  process.off('SIGINT', ignore).off('SIGTERM', forward);
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 143));
}

/** Installs exactly what the lock file says, once per lock file. */
async function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const mark = join(root, 'node_modules', '.installed-lock');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return;
  console.error('Installing dependencies (npm ci) …');
  rmSync(mark, { force: true });
  await run(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'], 'ignore');
  writeFileSync(mark, lock);
}

if (!(task in tasks)) {
  console.error(`Unknown task "${task ?? ''}". Known: ${Object.keys(tasks).join(', ')}.`);
  process.exit(2);
}
await install();
for (const command of tasks[task]()) await run(command);
