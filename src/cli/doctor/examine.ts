import { explain } from '../../pipeline/errors.ts';
import { at, type Examination, type Finding } from './examination.ts';
import { agents } from './examinations/agents.ts';
import { configuration } from './examinations/configuration.ts';
import { database } from './examinations/database.ts';
import { disk } from './examinations/disk.ts';
import { folders } from './examinations/folders.ts';
import { hearing } from './examinations/hearing.ts';
import { keys } from './examinations/keys.ts';
import { node } from './examinations/node.ts';
import { ntfy } from './examinations/ntfy.ts';
import { repositories } from './examinations/repositories.ts';
import { research } from './examinations/research.ts';
import { service } from './examinations/service.ts';
import type { Patient } from './patient.ts';

const EXAMINATIONS: readonly Examination[] = [
  ...[node, configuration, keys, folders, disk, database],
  ...[repositories, agents, ntfy, research, hearing, service],
];

/** Makes every examination, all at once; what is found comes in a fixed order. */
export async function examine(patient: Patient): Promise<readonly Finding[]> {
  return (await Promise.all(EXAMINATIONS.map((each) => within(each, patient)))).flat();
}

/** Makes one examination, which gets no more than its time. */
export async function within({ topic, examine: look }: Examination, patient: Patient): Promise<readonly Finding[]> {
  const over = new AbortController();
  const limit = patient.machine.patience.whole;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`there was no end of it within ${limit / 1000} s`)), limit);
  try {
    return await Promise.race([look(patient, over.signal), late]);
  } catch (error) {
    const repair = 'Run: milton doctor -v';
    return [at(topic).failure('', `This could not be looked at: ${explain(error)}`, { repair })];
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
