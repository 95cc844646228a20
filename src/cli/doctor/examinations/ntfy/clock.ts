import { WINDOW } from '../../../../plugins/authorise/freshness.ts';
import { duration } from '../../../command-line/wording.ts';
import { at, type Finding } from '../../examination.ts';
import type { Machine } from '../../patient.ts';

const { ok, warning, failure } = at('ntfy');
/** Milliseconds that the way and the whole seconds of the date may make. */
const NOTICEABLE = 60_000;

/** Whether the server and this machine agree what time it is; `date` as the server wrote it, just now. */
export function clock(date: string | undefined, { now, platform }: Machine): readonly Finding[] {
  const apart = now() - Date.parse(date ?? '');
  if (Number.isNaN(apart)) return [];
  const by = Math.abs(apart);
  if (by < NOTICEABLE) return [ok('clock', 'The clocks of the server and of this machine agree')];
  const what = `The clock of this machine is ${duration(by)} ${apart > 0 ? 'ahead of' : 'behind'} that of the server`;
  const set = platform === 'darwin' ? 'sudo sntp -sS time.apple.com' : 'sudo timedatectl set-ntp true';
  const repair = `Set the wrong one of the two; here: ${set}`;
  const why = `Messages whose signature is ${duration(WINDOW.apart)} off the clock of the server are refused.`;
  return [by < WINDOW.apart ? warning('clock', what, { why, repair }) : failure('clock', what, { why, repair })];
}
