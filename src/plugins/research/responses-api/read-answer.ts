import type { Clean } from '../../../pipeline/services/clean.ts';
import { shortLine } from '../../../pipeline/short-line.ts';
import type { Finding } from '../researcher.ts';
import { Answer, readEvent } from './events.ts';
import { findingOf, type Streamed, spentBy } from './finding.ts';
import { bytesOf, readText } from './read-text.ts';
import { readEvents } from './server-sent-events.ts';
import { messageIn, ServiceError, type Spent } from './service-error.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** Who answers, and who wants to know how far it is. */
interface Reading {
  readonly label: string;
  readonly clean: Clean;
  readonly pageHint: string;
  /** The server works on an answer of this id from now on … */
  began(id: string): void;
  /** … and no longer does. */
  ended(): void;
  /** It is heard of. */
  alive(): void;
  searching(queries: readonly string[]): void;
}

/** Reads a successful response, streamed or whole, up to the answer it carries. */
export function readAnswer(response: Response, reading: Reading): Promise<Finding> {
  const streamed = response.headers.get('content-type')?.includes('text/event-stream');
  return streamed ? readStream(response, reading) : readWhole(response, reading);
}

async function readStream(response: Response, reading: Reading): Promise<Finding> {
  const streamed: Streamed = { text: '', results: [] };
  for await (const data of readEvents(bytesOf(response), MAX_BYTES)) {
    if (data === '[DONE]') break;
    reading.alive();
    const event = readEvent(parseJson(data, reading));
    switch (event?.type) {
      case 'response.created':
        reading.began(event.response.id);
        break;
      case 'response.output_text.delta':
        streamed.text += event.delta;
        break;
      case 'response.reasoning.search_queries':
        reading.searching(event.queries);
        break;
      case 'response.output_item.done':
        reading.searching(event.item.action.queries ?? [event.item.action.query ?? '']);
        break;
      case 'response.reasoning.search_results':
        streamed.results.push(...event.results);
        break;
      case 'response.completed':
      case 'response.incomplete':
        reading.ended();
        return finish(event.response, streamed, reading);
      case 'response.failed':
        reading.ended();
        throw failed(event.error?.message ?? event.response?.error?.message, reading, spentBy(event.response));
      case 'error':
        throw failed(event.error?.message ?? event.message, reading);
    }
  }
  throw brokenOff(reading);
}

async function readWhole(response: Response, reading: Reading): Promise<Finding> {
  const text = await readText(response, MAX_BYTES);
  if (/^\s{0,100}</.test(text)) {
    const what = `${reading.label} answered with a web page instead of data.`;
    throw new ServiceError(what, { hint: reading.pageHint });
  }
  const value = parseJson(text, reading);
  const whole = Answer.safeParse(value).data;
  if (!whole) throw failed('the answer has an unknown form', reading);
  if (!('output' in (value as object))) throw failed(messageIn(reading.clean(text)) || undefined, reading);
  return finish(whole, { text: '', results: [] }, reading);
}

function finish(answer: Answer, streamed: Streamed, reading: Reading): Finding {
  const spent = spentBy(answer);
  if (answer.status === 'failed' || answer.status === 'cancelled') {
    throw failed(answer.error?.message, reading, spent);
  }
  const finding = findingOf(answer, streamed, reading.label);
  if (finding.text === '') throw failed('the answer is empty', reading, spent);
  return finding;
}

function failed(why = 'it gave no reason', { label, clean }: Reading, used: Spent = {}): ServiceError {
  const line = shortLine(clean(why), 200).replace(/[.\s]+$/, '');
  return new ServiceError(`The research of ${label} failed: ${line}.`, { used });
}

const brokenOff = ({ label }: Reading, cause?: unknown) =>
  new ServiceError(`The answer of ${label} broke off.`, { retryable: true, cause });

function parseJson(text: string, reading: Reading): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw brokenOff(reading, cause);
  }
}
