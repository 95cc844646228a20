/** The bytes of a response; none where it has no body. */
export const bytesOf = (response: Response): AsyncIterable<Uint8Array> => response.body ?? new Blob([]).stream();

/** The same bytes; rejects with a RangeError as soon as they are more than that. */
export async function* upTo(bytes: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const chunk of bytes) {
    read += chunk.byteLength;
    if (read > most) throw new RangeError(`it is longer than ${most} bytes`);
    yield chunk;
  }
}

/** The body of a response as text; rejects with a RangeError when it is too long. */
export async function readText(response: Response, most: number): Promise<string> {
  return Buffer.concat(await Array.fromAsync(upTo(bytesOf(response), most))).toString('utf8');
}
