import { hash } from 'node:crypto';
import type { NoticeKind } from '../../../pipeline/message.ts';
import type { Address } from '../../../pipeline/transport.ts';

const VALID = /^[-_A-Za-z0-9]{1,64}$/;

/**
 * Under which id Android and the web show a notice, where the newer takes the place of the older: a run is one line, from its
 * acknowledgement to its result. A question keeps a line of its own, since progress must not hide what is not answered yet, and so
 * does each part of a long text but the last. A notice sent twice has the same id both times. Undefined where ntfy knows no such id.
 */
export function sequenceId(kind: NoticeKind, { run, key }: Address, part?: number): string | undefined {
  const line = kind === 'question' ? `${run}-${hash('sha256', key).slice(0, 8)}` : run;
  const id = part === undefined ? line : `${line}-${part}`;
  return VALID.test(id) ? id : undefined;
}
