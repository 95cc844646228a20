import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { everyText } from '../../pipeline/every-text.ts';
import type { Clean } from '../../pipeline/services/clean.ts';
import { CleanStream } from '../../pipeline/services/clean-stream.ts';
import type { Logger } from '../../pipeline/services.ts';

const CHUNK = 256 * 1024;
/** A longer line is cleaned as a text and not as JSON, since memory is finite. In characters. */
const LINE_LIMIT = 1024 * 1024;
const READ_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW;

/** Takes secrets out of all that the agents and commands of a request have written; one that fails keeps its file as it is. */
export async function redactOutputs(folder: string, run: string, clean: Clean, logger: Logger): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(`${run}.`) || each.startsWith(`${run}-`))) {
    await redactFile(join(folder, name), clean).catch((error: unknown) =>
      logger.error('an output still holds what it was to be cleaned of', { run, file: name, error: String(error) }),
    );
  }
}

/** Puts a clean file, mode 0600, in the place of another. It is read piece by piece, however large it is. */
export async function redactFile(path: string, clean: Clean): Promise<void> {
  const fresh = `${path}.clean`;
  await rm(fresh, { force: true });
  try {
    await using from = await open(path, READ_ONLY);
    await using to = await open(fresh, 'wx', 0o600);
    const lines = new CleanLines(clean);
    for await (const piece of pieces(from)) await to.write(lines.push(piece));
    await to.write(lines.end());
    await to.sync();
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

async function* pieces(file: FileHandle): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  const bytes = Buffer.allocUnsafe(CHUNK);
  for (;;) {
    const { bytesRead } = await file.read(bytes, 0, CHUNK, null);
    if (bytesRead === 0) return yield decoder.end();
    yield decoder.write(bytes.subarray(0, bytesRead));
  }
}

/** Cleans lines of JSON each by itself, so that they stay JSON, and all else as one text. */
class CleanLines {
  readonly #clean: Clean;
  readonly #text: CleanStream;
  #line = '';

  constructor(clean: Clean) {
    this.#clean = clean;
    this.#text = new CleanStream(clean);
  }

  push(piece: string): string {
    let done = '';
    let start = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', start)) {
      done += this.#take(this.#line + piece.slice(start, end + 1));
      this.#line = '';
      start = end + 1;
    }
    this.#line += piece.slice(start);
    if (this.#line.length <= LINE_LIMIT) return done;
    done += this.#text.push(this.#line);
    this.#line = '';
    return done;
  }

  end(): string {
    return this.#take(this.#line) + this.#text.end();
  }

  #take(line: string): string {
    const json = this.#json(line);
    return json === undefined ? this.#text.push(line) : this.#text.end() + json;
  }

  /** A line of JSON, clean; undefined where it is none. */
  #json(line: string): string | undefined {
    if (!line.startsWith('{')) return undefined;
    try {
      const value: unknown = JSON.parse(line);
      const same = this.#clean(line.trimEnd()) === line.trimEnd();
      // In JSON a control character is written with letters, which would hide what it stands in.
      if (same && !line.includes('\\u')) return line;
      return `${this.#clean(JSON.stringify(everyText(value, this.#clean)))}\n`;
    } catch {
      return undefined;
    }
  }
}
