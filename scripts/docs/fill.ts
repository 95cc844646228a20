const PLACE = /^<!-- table: (\S+) -->\n[\s\S]*?^<!-- end of table -->$/gm;

/** A page with its tables as they are now, each between the two comments that hold its place. */
export function fill(page: string, tables: ReadonlyMap<string, string>): string {
  const missing = new Set(tables.keys());
  const filled = page.replace(PLACE, (_, name: string) => {
    const table = tables.get(name);
    if (table === undefined) throw new Error(`The page wants a table "${name}", and there is none.`);
    missing.delete(name);
    return `<!-- table: ${name} -->\n${table}\n<!-- end of table -->`;
  });
  if (missing.size === 0) return filled;
  throw new Error(
    `The page has no place for ${[...missing].join(', ')}: add <!-- table: NAME --> and an end of table.`,
  );
}
