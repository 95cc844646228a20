const FENCED = /(`{3,}|~{3,})[\s\S]*?(?:\1|$)/g;
/** Within a line; a name, or a call, is none. */
const INLINE = /`[^`\n]*[;={}<>][^`\n]*`/g;
/** How lines of code begin or end, in most languages; a sentence does neither. */
const CODE_LINE =
  /^\s*(?:import\s[\w{*"'.]|from\s+[\w.]+\s+import\b|#include\b|package\s+[\w.]+;?$|using\s+[\w.]+;|(?:export|public|private|protected|static|async|final|abstract)\s+\w|(?:const|let|var|val|def|fn|func|function|class|interface|struct|enum|trait|impl|type)\s+[\w$<]+\s*[=({:<[]|(?:if|for|while|switch|catch)\s*\(|return\b.*;$|@\w+(?:\(|$)|[}\])]+[;,]?\s*$|[\w$.[\]]+\s*(?:[+*/-]|\|\||&&)?=\s*\S.*[;,{([]$|(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER)\s.*(?:FROM|INTO|SET|TABLE|WHERE)\b)|[;{]\s*(?:\/\/.*)?$|=>\s*[{(]?$/;
/** A line of code may stand alone within it: what stands between two of them belongs to them. */
const GAP = 2;

/** Puts `[code]` in the place of what is source: fenced, between ticks, or two lines and more of it. */
export function withoutSource(text: string): string {
  const lines = text.replace(FENCED, '[code]').replace(INLINE, '[code]').split('\n');
  if (lines.length < 2) return lines.join('\n');
  const isCode = lines.map((line) => line.length < 2_000 && CODE_LINE.test(line));
  const kept: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const end = endOfCode(isCode, at);
    if (end - at < 2) kept.push(lines[at++]!);
    else {
      kept.push('[code]');
      at = end;
    }
  }
  return kept.join('\n');
}

/** Where code ends that begins here; the beginning itself where none does. */
function endOfCode(isCode: readonly boolean[], from: number): number {
  if (!isCode[from]) return from;
  let end = from + 1;
  for (let at = end; at < isCode.length && at - end <= GAP; at++) if (isCode[at]) end = at + 1;
  return end;
}
