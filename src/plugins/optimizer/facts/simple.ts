import type { Commands, FactReader } from './facts.ts';

const DENO: Commands = { lint: 'deno lint', types: 'deno check .', test: 'deno test' };

/** Ecosystems of which the file that shows them tells enough: each is checked in one way only. */
const SIMPLE: readonly (readonly [file: string, language: string, manager: string | undefined, commands: Commands])[] =
  [
    ['mix.exs', 'Elixir', 'mix', { lint: 'mix format --check-formatted', test: 'mix test', build: 'mix compile' }],
    ['Package.swift', 'Swift', 'swift', { test: 'swift test', build: 'swift build' }],
    ['deno.json', 'TypeScript', 'deno', DENO],
    ['deno.jsonc', 'TypeScript', 'deno', DENO],
    ['build.sbt', 'Scala', 'sbt', { test: 'sbt test', build: 'sbt compile' }],
    ['stack.yaml', 'Haskell', 'stack', { test: 'stack test', build: 'stack build' }],
    ['build.zig', 'Zig', 'zig', { test: 'zig build test', build: 'zig build' }],
    ['CMakeLists.txt', 'C/C++', undefined, {}],
  ];

/** Their readers. */
export const simple: readonly FactReader[] = SIMPLE.map(
  ([file, language, packageManager, commands]): FactReader =>
    async (folder) =>
      folder.has(file) ? { languages: [language], packageManager, commands } : undefined,
);
