import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

/** The folder that this Milton is installed in. */
export function packageRoot(): string {
  return dirname(findPackageJSON('..', import.meta.url)!);
}

/** Where a page of the documentation is on this machine: `shortcut.md`. */
export const page = (name: string): string => join(packageRoot(), 'docs', name);
