import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The real programs to test with: those a variable names (several with `:` between them), else every version in `.cache/<name>`. */
export function realPrograms(
  variable: string,
  name: string,
): readonly { readonly version: string; readonly bin: string }[] {
  const named = process.env[variable]?.split(':').filter(Boolean);
  if (named?.length) return named.map((bin) => ({ version: /\d+\.\d+\.\d+/.exec(bin)?.[0] ?? bin, bin: resolve(bin) }));
  const cache = resolve(import.meta.dirname, '../../.cache', name);
  const versions = listOf(cache);
  return (versions.length > 0 ? versions : ['<version>']).map((version) => ({
    version,
    bin: join(cache, version, 'node_modules/.bin', name),
  }));
}

function listOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
