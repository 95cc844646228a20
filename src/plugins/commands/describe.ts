import { shortLine } from '../../pipeline/short-line.ts';
import type { JobState, JobView } from '../../pipeline/store/job-store.ts';
import { verdict } from '../slots.ts';

const SIGNS: Readonly<Record<JobState, string>> = {
  queued: '⏳',
  active: '▶️',
  done: '✅',
  failed: '❌',
  cancelled: '🛑',
  expired: '⌛',
  interrupted: '⚠️',
};

/** A request in one line: `▶️ req_k4m2xa · app · add a login · running for 3 min`. */
export function describe(job: JobView, now: number): string {
  const asked = verdict.schema.safeParse(job.slots.verdict).data;
  const parts = [job.id, asked?.repository ?? job.lane, requestOf(job), progressOf(job, now)];
  return `${SIGNS[job.state]} ${parts.join(' · ')}`;
}

/** What was asked, short enough for a phone. */
export function requestOf(job: JobView): string {
  const asked = verdict.schema.safeParse(job.slots.verdict).data;
  return shortLine(asked?.text ?? job.message.text, 60);
}

function progressOf(job: JobView, now: number): string {
  if (job.state === 'queued') return `waiting for ${span(now - job.createdAt)}`;
  if (job.state !== 'active') return `${job.state} ${span(now - (job.finishedAt ?? now))} ago`;
  const running = `running for ${span(now - (job.startedAt ?? now))}`;
  return job.cancelRequested ? `${running}, being cancelled` : running;
}

/** A stretch of milliseconds in one unit. */
function span(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 1) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
}
