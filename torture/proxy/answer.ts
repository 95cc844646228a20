import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './chaos.ts';

const SLOW_BYTE = 200;

/** Gives a call this answer; the request is read first, so that it is the answer and not the reading that fails. */
export function answer(instead: Answer, incoming: IncomingMessage, response: ServerResponse): void {
  incoming.on('error', () => {});
  incoming.resume();
  incoming.on('end', () => give(instead, response));
}

function give(instead: Answer, response: ServerResponse): void {
  switch (instead.kind) {
    case 'status':
      response.writeHead(instead.status, { 'content-type': 'application/json', ...instead.headers });
      response.end(instead.body ?? '');
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'mute':
      return;
    case 'stall':
      response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' }).write('{"id":"stalled');
      return;
    case 'slow': {
      response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' }).flushHeaders();
      const timer = setInterval(() => response.write(' '), SLOW_BYTE);
      response.on('close', () => clearInterval(timer));
    }
  }
}
