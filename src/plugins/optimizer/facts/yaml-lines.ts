/** The lines below a key at the left margin of a YAML file, without comments; what stands on the key's own line comes first. */
export function linesBelow(yaml: string, key: string): string[] {
  const lines = yaml.split(/\r?\n/);
  const start = lines.findIndex((line) => line.startsWith(`${key}:`));
  if (start < 0) return [];
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^[^\s#-]/.test(line));
  return [lines[start]!.slice(key.length + 1), ...(end < 0 ? rest : rest.slice(0, end))]
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trimEnd())
    .filter((line) => line !== '');
}

/** The items of a list below such a key, in either of the two ways to write one. */
export function itemsBelow(yaml: string, key: string): string[] {
  const [first = '', ...rest] = linesBelow(yaml, key);
  const inline = /^\s*\[(.*)\]$/.exec(first)?.[1];
  if (inline !== undefined) return inline.split(',').map(bare).filter(Boolean);
  return [first, ...rest].flatMap((line) => /^\s*-\s+(.+)$/.exec(line)?.[1] ?? []).map(bare);
}

/** The keys below such a key, as far as they stand at the same depth as the first, with their values. */
export function entriesBelow(yaml: string, key: string): (readonly [string, string])[] {
  const lines = linesBelow(yaml, key).filter((line) => /^\s/.test(line));
  const depth = /^\s*/.exec(lines[0] ?? '')![0];
  return lines.flatMap((line) => {
    const [, name, value = ''] = /^("[^"]*"|'[^']*'|[^\s:"'#-][^:]*):(.*)$/.exec(line.slice(depth.length)) ?? [];
    return line.startsWith(depth) && name ? [[bare(name), bare(value)] as const] : [];
  });
}

const bare = (text: string) => text.trim().replace(/^(["'])(.*)\1$/, '$2');
