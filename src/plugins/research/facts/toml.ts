/** The lines of one table of a TOML file, without comments; enough for reading names from a manifest. */
export function tableOf(toml: string, table: string): string[] {
  const lines = toml.split(/\r?\n/).map((line) => line.trim());
  const start = lines.indexOf(`[${table}]`);
  if (start < 0) return [];
  const end = lines.findIndex((line, index) => index > start && /^\[{1,2}[\w."-]+\]{1,2}$/.test(line));
  return lines.slice(start + 1, end < 0 ? lines.length : end).filter((line) => line !== '' && !line.startsWith('#'));
}
