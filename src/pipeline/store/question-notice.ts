import { cut } from '../cut.ts';
import type { Notice } from '../message.ts';
import { shortLine } from '../short-line.ts';
import type { Question } from './job-store.ts';

/** Buttons a notice can carry. */
const MOST_ACTIONS = 3;
/** Bytes of title and body that every transport shows whole, so that the words to answer with are not cut off. */
const ROOM = 3500;
const TITLE = 200;

interface Asked {
  readonly id: string;
  /** In ms since the epoch. */
  readonly deadline: number;
}

/** What the person is shown of a question: a button per choice, and the words to type or say for every one. */
export function questionNotice({ id, deadline }: Asked, run: string, question: Question): Notice {
  const { title, body, choices, timeout, onTimeout, where } = question;
  const fromHere = where === 'machine' ? choices.filter((choice) => choice === onTimeout) : choices;
  const answers = new Map(fromHere.map((choice) => [choice, `ANSWER ${id} ${choice}`]));
  const send = [...answers.values()].join(' / ');
  const how =
    where === 'machine'
      ? `On the machine run: milton approve ${run}\nOr send: ${send}`
      : `Tap a button, or send: ${send}`;
  const otherwise = `Without an answer within ${duration(timeout)} it is: ${onTimeout}`;
  const head = `❓ [${run}] ${shortLine(title, TITLE)}`;
  const room = ROOM - Buffer.byteLength([head, '', how, otherwise].join('\n'));
  return {
    title: head,
    body: [...(body ? [shortened(body, room), ''] : []), how, otherwise].join('\n'),
    kind: 'question',
    priority: 4,
    // Where the machine decides, a stranger who can read this must not be able to say no.
    actions: [...(where === 'machine' ? [] : answers)].slice(0, MOST_ACTIONS).map(([label, reply]) => ({
      label,
      reply,
      until: deadline,
      // It is what comes anyway.
      ...(label === onTimeout ? { harmless: true as const } : {}),
    })),
  };
}

function shortened(text: string, bytes: number): string {
  return Buffer.byteLength(text) <= bytes ? text : `${cut(text, bytes - Buffer.byteLength('…')).trimEnd()}…`;
}

function duration(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return count(Math.round(ms / 1000), 'second');
  if (minutes < 120) return count(Math.round(minutes), 'minute');
  return minutes < 2880 ? count(Math.round(minutes / 60), 'hour') : count(Math.round(minutes / 1440), 'day');
}

const count = (n: number, unit: string) => `${n} ${unit}${n === 1 ? '' : 's'}`;
