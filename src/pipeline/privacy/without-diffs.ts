const FENCE = /^[ \t>]*(`{3,}|~{3,})\s*(?:diff|patch)\b/i;
/** What a diff begins with: its own first line, the names of a file, or a hunk. */
const FIRST = /^(?:diff --git |--- \S|@@)/;
const HEADER =
  /^(?:diff --git |Index: |=====|index [0-9a-f]{4}|--- |\+\+\+ |(?:new|deleted) file mode |(?:old|new) mode |(?:dis)?similarity index |(?:rename|copy) (?:from|to) |Binary files |GIT binary patch|\\ No newline|@@)/;
const HUNK = /^@@+ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

/** Puts one line in the place of each diff: a block that says it is one, or a file's names and hunks as git and patch write them. */
export function withoutDiffs(text: string, instead: string): string {
  if (!/^[ \t>]*(?:@@|diff --git |--- \S|`{3,}|~{3,})/m.test(text)) return text;
  const lines = text.split('\n');
  const kept: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const end = endOfBlock(lines, at) ?? endOfDiff(lines, at);
    if (end === undefined) kept.push(lines[at++]!);
    else {
      kept.push(instead);
      at = end;
    }
  }
  return kept.join('\n');
}

/** Where a fenced block ends that begins here and says that it is a diff. */
function endOfBlock(lines: readonly string[], at: number): number | undefined {
  const [, fence] = FENCE.exec(lines[at]!) ?? [];
  if (fence === undefined) return undefined;
  let end = at + 1;
  while (end < lines.length && !lines[end]!.replace(/^[ \t>]+/, '').startsWith(fence)) end++;
  return Math.min(end + 1, lines.length);
}

/** Where a diff ends that begins here; it may be indented or quoted as a whole. */
function endOfDiff(lines: readonly string[], at: number): number | undefined {
  const indent = /^[ \t>]*/.exec(lines[at]!)![0];
  const line = (index: number) => {
    const whole = lines[index];
    return whole?.startsWith(indent)
      ? whole.slice(indent.length)
      : whole?.trimEnd() === indent.trimEnd()
        ? ''
        : undefined;
  };
  const first = line(at)!;
  if (!FIRST.test(first) || (first.startsWith('--- ') && !line(at + 1)?.startsWith('+++ '))) return undefined;
  // How many lines of each side the hunk has still to come: only so is an empty line known to be one of them.
  let [before, after] = [0, 0];
  let index = at;
  for (; index < lines.length; index++) {
    const each = line(index);
    if (each === undefined) break;
    const hunk = HUNK.exec(each);
    if (hunk) [before, after] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
    else if (each === '' ? before <= 0 && after <= 0 : !HEADER.test(each) && !/^[ +-]/.test(each)) break;
    else {
      if (!each.startsWith('+')) before--;
      if (!each.startsWith('-')) after--;
    }
  }
  return index;
}
