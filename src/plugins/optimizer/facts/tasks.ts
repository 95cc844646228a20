import { CHECKS, type Commands, type Facts } from './facts.ts';
import type { Folder } from './folder.ts';
import { linesBelow } from './yaml-lines.ts';

/** The files of task runners, how each runs a task, and how it writes one. */
const RUNNERS: readonly (readonly [command: string, files: readonly string[], target: RegExp])[] = [
  ['make', ['Makefile', 'makefile', 'GNUmakefile'], /^([\w-]+)[ \t]*:(?![:=])/],
  ['just', ['justfile', 'Justfile', '.justfile'], /^@?([\w-]+)(?:[ \t][^:]*)?:(?!=)/],
  ['task', ['Taskfile.yml', 'Taskfile.yaml'], /^[ \t]+([\w-]+):$/],
];
const NAMES: Readonly<Record<keyof Commands, readonly string[]>> = {
  lint: ['lint', 'check'],
  types: ['typecheck', 'type-check', 'types'],
  test: ['test', 'tests'],
  build: ['build'],
};

/** What Makefiles and their like can do, which counts before what is only usual. */
export async function tasks(folder: Folder): Promise<Pick<Facts, 'commands'>> {
  const found = await Promise.all(
    RUNNERS.map(async ([command, files, target]) => {
      const text = await folder.read(files.find((file) => folder.has(file)) ?? '');
      const lines = command === 'task' ? linesBelow(text, 'tasks') : text.split(/\r?\n/);
      const targets = new Set(lines.map((line) => target.exec(line)?.[1]));
      return CHECKS.flatMap((check) => {
        const name = NAMES[check].find((each) => targets.has(each));
        return name === undefined ? [] : [[check, `${command} ${name}`]];
      });
    }),
  );
  return { commands: Object.fromEntries(found.toReversed().flat()) };
}
