import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The real Claude Code programs to test with: CLAUDE_BIN (several with `:` between them), else every version in `.cache/claude`. */
export function claudeBinaries(): readonly { readonly version: string; readonly bin: string }[] {
  const named = process.env.CLAUDE_BIN?.split(':').filter(Boolean);
  if (named?.length) return named.map((bin) => ({ version: /\d+\.\d+\.\d+/.exec(bin)?.[0] ?? bin, bin: resolve(bin) }));
  const cache = resolve(import.meta.dirname, '../../.cache/claude');
  const versions = listOf(cache);
  return (versions.length > 0 ? versions : ['<version>']).map((version) => ({
    version,
    bin: join(cache, version, 'node_modules/.bin/claude'),
  }));
}

function listOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
