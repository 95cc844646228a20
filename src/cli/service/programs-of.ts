/** The absolute paths that a systemd unit or a launchd agent starts: Node, and the command line of Milton. */
export function programsOf(text: string): readonly string[] {
  const words = text.includes('<plist') ? ofPlist(text) : ofUnit(text);
  return words.filter((word) => word.startsWith('/')).slice(0, 2);
}

/** As systemd reads it: a backslash counts before %% for %, and that before $$ for $, which a colon in front leaves alone. */
function ofUnit(text: string): readonly string[] {
  const [, how = '', line = ''] = /(?:^|\n)ExecStart=([-@:+!|]*)([^\n]*)/.exec(text) ?? [];
  const words = line.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S+/gs) ?? [];
  return words.map((word) => {
    const plain = word
      .replace(/^(["'])(.*)\1$/s, '$2')
      .replace(/\\(?:x([0-9a-fA-F]{2})|(.))/gs, (_, hex, char) =>
        hex ? String.fromCharCode(Number(`0x${hex}`)) : char,
      )
      .replaceAll('%%', '%');
    return how.includes(':') ? plain : plain.replaceAll('$$', '$');
  });
}

function ofPlist(text: string): readonly string[] {
  const [, list = ''] = /<key>ProgramArguments<\/key>\s*<array>(.*?)<\/array>/s.exec(text) ?? [];
  return [...list.matchAll(/<string>(.*?)<\/string>/gs)].map(([, word = '']) =>
    word.replace(/&(?:#(\d{1,6}|x[0-9a-fA-F]{1,5})|(lt|gt|quot|apos|amp));/g, (_, code, name) =>
      code ? String.fromCodePoint(Number(code.replace('x', '0x'))) : NAMED[name]!,
    ),
  );
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
