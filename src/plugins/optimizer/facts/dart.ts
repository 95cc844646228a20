import type { FactReader } from './facts.ts';

/** Dart and Flutter projects. */
export const dart: FactReader = async (folder) => {
  if (!folder.has('pubspec.yaml')) return undefined;
  const tool = /^[ \t]+sdk:[ \t]*flutter\b/m.test(await folder.read('pubspec.yaml')) ? 'flutter' : 'dart';
  return { languages: ['Dart'], packageManager: 'pub', commands: { lint: `${tool} analyze`, test: `${tool} test` } };
};
