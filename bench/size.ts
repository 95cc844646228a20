import { globSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installGlobally } from '../test/support/global-install.ts';
import type { Run } from './figures.ts';

const MB = 1e6;
/** What others take, as their users measured it; opencode takes 354 MB, and OpenClaw 644 MB. */
const SMALLEST_PEER = { what: 'HAPI', value: 136 };

/** What the package takes, and what a global installation takes on the disk, with all that it depends on. */
export const run: Run = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'milton-bench-size-'));
  try {
    await using installed = await installGlobally(folder);
    const files = globSync('**', { cwd: installed.prefix }).map((path) => lstatSync(join(installed.prefix, path)));
    const taken = files.reduce((sum, { blocks }) => sum + blocks * 512, 0);
    const value = installed.packed.size / MB;
    return [
      { what: 'the package, unpacked', unit: 'MB', value, targets: [{ atMost: 1.5 }] },
      {
        what: 'installed, with its dependencies',
        unit: 'MB',
        value: taken / MB,
        reference: SMALLEST_PEER,
        targets: [{ ratioAtMost: 0.25 }],
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
