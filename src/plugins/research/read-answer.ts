import type { Clean } from '../../pipeline/services/clean.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import { AgentEvent, AgentResponse, findingOf } from './answer.ts';
import { PerplexityError } from './perplexity-error.ts';
import type { Finding } from './researcher.ts';
import { readEvents } from './sse.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** Reads a successful response, streamed or whole, up to the answer it carries. */
export function readAnswer(response: Response, clean: Clean): Promise<Finding> {
  const streamed = response.headers.get('content-type')?.includes('text/event-stream');
  return streamed ? readStream(response, clean) : readWhole(response, clean);
}

const bytesOf = (response: Response): AsyncIterable<Uint8Array> => response.body ?? new Blob([]).stream();

async function readStream(response: Response, clean: Clean): Promise<Finding> {
  const streamed = { text: '', results: [] as { id: string | number; title: string; url: string }[] };
  for await (const data of readEvents(bytesOf(response), MAX_BYTES)) {
    if (data === '[DONE]') break;
    const event: AgentEvent = AgentEvent.safeParse(parseJson(data)).data ?? { type: 'other' };
    if (event.type === 'response.output_text.delta') streamed.text += event.delta;
    if (event.type === 'response.reasoning.search_results') streamed.results.push(...event.results);
    if (event.type === 'response.completed' || event.type === 'response.incomplete') {
      return finish(event.response, streamed, clean);
    }
    if (event.type === 'response.failed') throw failed(event.error?.message ?? event.response?.error?.message, clean);
    if (event.type === 'error') throw failed(event.error?.message ?? event.message, clean);
  }
  throw new PerplexityError(`Perplexity's answer broke off.`, { retryable: true });
}

async function readWhole(response: Response, clean: Clean): Promise<Finding> {
  const text = await readText(response);
  if (/^\s*</.test(text)) {
    throw new PerplexityError('Perplexity answered with a web page instead of data.', {
      retryable: false,
      hint: 'Check PERPLEXITY_BASE_URL, and whether a proxy or login page stands in between.',
    });
  }
  const whole = AgentResponse.safeParse(parseJson(text)).data;
  if (!whole) throw failed('the answer has an unknown form', clean);
  return finish(whole, { text: '', results: [] }, clean);
}

function finish(response: AgentResponse, streamed: Parameters<typeof findingOf>[1], clean: Clean): Finding {
  if (response.status === 'failed' || response.status === 'cancelled') throw failed(response.error?.message, clean);
  const finding = findingOf(response, streamed, clean);
  if (finding.text === '') throw failed('the answer is empty', clean);
  return finding;
}

const failed = (why = 'it gave no reason', clean: Clean) =>
  new PerplexityError(`Perplexity's research failed: ${shortLine(clean(why), 200).replace(/[.\s]+$/, '')}.`, {
    retryable: false,
  });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PerplexityError(`Perplexity's answer broke off.`, { retryable: true, cause });
  }
}

/** The body of a response as text; rejects with a RangeError when it is too long. */
export async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of bytesOf(response)) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new RangeError('too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
