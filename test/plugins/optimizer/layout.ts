import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RepositoryFacts } from '../../../src/plugins/optimizer/repository-facts.ts';

/** A repository to read the facts of, and what they are. */
export interface Layout {
  readonly files: Readonly<Record<string, string | object>>;
  /** It is no git repository. */
  readonly plain?: true;
  /** So many empty files lie beside the others, half of them in one folder, where nobody says how many. */
  readonly many?: number;
  readonly facts: Partial<RepositoryFacts>;
}

/** Writes the files of a layout into a folder. */
export function writeLayout(folder: string, { files, many = 0 }: Layout, count = many): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  }
  for (let index = 0; index < count; index++) {
    const place = join(folder, index % 2 === 0 ? 'data' : `src/module-${index % 399}`);
    if (index < 2 * 399) mkdirSync(place, { recursive: true });
    closeSync(openSync(join(place, `file-${index}`), 'w'));
  }
}
