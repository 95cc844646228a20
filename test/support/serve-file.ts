import type { ServerResponse } from 'node:http';

/** How a download goes wrong: nothing after half of the file, no end, or an end in the middle. */
export type FileChaos = 'stall' | 'endless' | 'cut';

const HEADERS = { 'content-type': 'text/plain; charset=utf-8' };

/** Answers the download of a file, in full or as told. */
export function serveFile(content: Buffer, chaos: FileChaos | undefined, response: ServerResponse): void {
  if (chaos === 'endless') {
    response.writeHead(200, HEADERS);
    const more = () => {
      if (response.destroyed) return;
      if (response.write(content)) setImmediate(more);
      else response.once('drain', more);
    };
    more();
    return;
  }
  response.writeHead(200, { ...HEADERS, 'content-length': content.length });
  if (chaos === undefined) response.end(content);
  else response.write(content.subarray(0, content.length / 2), () => chaos === 'cut' && response.destroy());
}
