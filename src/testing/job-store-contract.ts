import { describe } from 'vitest';
import { announcementContract } from './job-store/announcements.ts';
import { heldContract } from './job-store/held.ts';
import { heldEffectsContract } from './job-store/held-effects.ts';
import { intakeContract } from './job-store/intake.ts';
import { modelContract } from './job-store/model.ts';
import { outboxContract } from './job-store/outbox.ts';
import { questionContract } from './job-store/questions.ts';
import { recordContract } from './job-store/records.ts';
import type { OpenStores } from './job-store/samples.ts';
import { workContract } from './job-store/work.ts';

export type { OpenStores, Stores } from './job-store/samples.ts';

/**
 * The tests every JobStore must pass; call it in a vitest file. `open` gives a fresh, empty place for each test.
 * @example describeJobStore('sqlite', async () => ({ worker, clock, close }));
 */
export function describeJobStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the promises of a job store`, () => {
    intakeContract(open);
    workContract(open);
    questionContract(open);
    heldContract(open);
    heldEffectsContract(open);
    outboxContract(open);
    announcementContract(open);
    recordContract(open);
    modelContract(open);
  });
}
