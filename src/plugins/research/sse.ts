/**
 * The `data` of each server-sent event in a stream of bytes, in order; comments and other fields are skipped. Rejects with a
 * RangeError when the stream is longer than `maxBytes`.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  let rest = '';
  let data: string[] = [];
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new RangeError(`the stream is longer than ${maxBytes} bytes`);
    // A carriage return at the end may be the first half of a line end: it waits for the next chunk.
    const [, ready = '', held = ''] = /^(.*?)(\r?)$/s.exec(rest + decoder.decode(chunk, { stream: true }))!;
    const lines = ready.split(/\r\n|\r|\n/);
    rest = lines.pop()! + held;
    for (const line of lines) {
      if (line !== '') {
        const value = /^data(?:: ?(.*))?$/s.exec(line);
        if (value) data.push(value[1] ?? '');
      } else if (data.length > 0) {
        yield data.join('\n');
        data = [];
      }
    }
  }
}
