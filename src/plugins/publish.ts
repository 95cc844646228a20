import { constants } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transports } from '../pipeline/exposure.ts';
import type { NoticeAction } from '../pipeline/message.ts';
import { definePlugin } from '../pipeline/plugin.ts';
import { isOverheardAt } from '../pipeline/privacy/overheard.ts';
import { cleaner } from '../pipeline/services/clean.ts';
import { Redact } from '../pipeline/services/redact.ts';
import { Folders, type Logger } from '../pipeline/services.ts';
import { summary } from './slots.ts';

const FULL_REPORT = 'Full report: ';
/** Said where a path of this machine is nobody's business. */
const shown = (id: string) => `${FULL_REPORT}milton runs show ${id}`;

/** Saves the full report, and ends the run with its final notice. */
export const publish = definePlugin({
  name: 'publish',
  where: 'work',
  requires: [summary],
  setup: ({ get, logger }) =>
    async function publish(run, next) {
      const { outcome, title, body, below = '', report, pages = [] } = run.get(summary);
      const clean = cleaner(get(Redact));
      const saved = await run.step('save', () => saveOrSay(get(Folders).output, run.id, clean(report), logger));
      const isOpen = await isOverheardAt(run.message.transport, get(Transports));
      run.conclude({
        outcome,
        // The path does not stand last, because the end of a long notice is cut.
        notice: {
          kind: 'final',
          title,
          body: [`${body}\n${isOpen && saved.startsWith(FULL_REPORT) ? shown(run.id) : saved}`, below]
            .map((part) => part.trim())
            .filter(Boolean)
            .join('\n\n'),
          priority: outcome === 'failed' ? 4 : 3,
          ...buttons([...(outcome === 'failed' ? [retry(run.id)] : []), ...pages]),
        },
      });
      await next();
    },
});

/** What the notice says about the file; that it could not be written must not cost the person the notice. */
async function saveOrSay(folder: string, id: string, report: string, logger: Logger): Promise<string> {
  try {
    return `${FULL_REPORT}${await saveReport(folder, id, report)}`;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    logger.error('the report could not be saved', { run: id, error: String(error) });
    return `The full report could not be saved in ${folder}: ${REASONS[code] ?? (error as Error).message}.`;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'Milton may not write there',
  EPERM: 'Milton may not write there',
  EEXIST: 'it is not a folder',
};

const retry = (id: string): NoticeAction => ({ label: 'Retry', reply: `RETRY ${id}` });

const buttons = (actions: readonly NoticeAction[]) => (actions.length > 0 ? { actions } : {});

/**
 * Writes a report to the first free of `<id>.txt`, `<id>.1.txt`, …, mode 0600, and returns the path. A file that holds this very
 * report already, from before a crash, counts as written.
 */
export async function saveReport(folder: string, id: string, report: string): Promise<string> {
  // Somebody may have tidied it away while Milton ran.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let n = 0; ; n++) {
    const path = join(folder, n === 0 ? `${id}.txt` : `${id}.${n}.txt`);
    try {
      await create(path, report);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if ((await readOwn(path)) === report) return path;
    }
  }
}

/** Undefined for what leads elsewhere, too. */
const readOwn = (path: string) =>
  readFile(path, { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NOFOLLOW }).catch(() => undefined);

async function create(path: string, report: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(report);
    await file.sync();
  } catch (error) {
    // Half a report would look like a whole one.
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
