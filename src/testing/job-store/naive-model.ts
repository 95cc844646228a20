import type { Claim, JobState, Outcome } from '../../pipeline/store/job-store.ts';

export interface ModelJob {
  readonly id: string;
  lane: string;
  state: JobState;
  /** Whether it ever reached queue(). */
  reached: boolean;
  attempt: number;
  stalled: number;
  lease: number;
  worker: number | undefined;
  cancel: boolean;
  journal: number;
}

/** The store as a naive program would have it: one array, first in first out. */
export class Model {
  readonly jobs: ModelJob[] = [];
  readonly seen = new Set<string>();
  /** Claims as they were handed out, stale ones too, with the worker that got them. */
  readonly claims: { readonly worker: number; readonly claim: Claim }[] = [];
  readonly finals: string[] = [];
  now = 0;
  count = 0;

  add(id: string, lane: string, state: JobState = 'queued'): void {
    this.jobs.push({
      id,
      lane,
      state,
      reached: state === 'queued',
      attempt: 0,
      stalled: 0,
      lease: 0,
      worker: undefined,
      cancel: false,
      journal: 0,
    });
  }

  claimable(worker: number): ModelJob | undefined {
    const heads = new Map<string, ModelJob>();
    for (const job of this.jobs) if (job.state === 'active') heads.set(job.lane, job);
    for (const job of this.jobs) if (job.state === 'queued' && !heads.has(job.lane)) heads.set(job.lane, job);
    const free = (job: ModelJob) => job.state === 'queued' || (job.lease <= this.now && job.worker !== worker);
    return this.jobs.find((job) => heads.get(job.lane) === job && free(job));
  }

  holding({ job, attempt }: Claim): ModelJob | undefined {
    return this.jobs.find(({ id, ...found }) => id === job && found.attempt === attempt && found.state === 'active');
  }

  finish(job: ModelJob, outcome: Outcome): void {
    job.state = outcome;
    this.finals.push(`${job.id}/final`);
  }
}

/** Whether a job stands in its lane. */
export const inLane = ({ state }: ModelJob) => state === 'queued' || state === 'active';
/** Whether a job is not over. */
export const isOpen = (job: ModelJob) => inLane(job) || job.state === 'held';
/** Whether a job has not begun. */
export const waits = ({ state }: ModelJob) => state === 'queued' || state === 'held';
