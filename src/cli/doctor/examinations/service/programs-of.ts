/** The absolute paths that a systemd unit or a launchd agent starts: Node, and the command line of Milton. */
export function programsOf(text: string): readonly string[] {
  const words = text.includes('<plist') ? ofPlist(text) : ofUnit(text);
  return words.filter((word) => word.startsWith('/')).slice(0, 2);
}

function ofUnit(text: string): readonly string[] {
  const [, line = ''] = /^ExecStart=[-@:+!|]*(.*)$/m.exec(text) ?? [];
  const words = line.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S+/g) ?? [];
  // In a unit, %% stands for %, $$ for $, and a backslash for itself before what it protects.
  return words.map((word) =>
    word
      .replace(/^(["'])(.*)\1$/s, '$2')
      .replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex, char) =>
        hex ? String.fromCharCode(Number.parseInt(hex, 16)) : char,
      )
      .replace(/%%/g, '%')
      .replace(/\$\$/g, '$'),
  );
}

function ofPlist(text: string): readonly string[] {
  const [, list = ''] = /<key>ProgramArguments<\/key>\s*<array>(.*?)<\/array>/s.exec(text) ?? [];
  return [...list.matchAll(/<string>(.*?)<\/string>/gs)].map(([, word = '']) =>
    word
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&quot;/g, '"')
      .replace(/&apos;/g, "'")
      .replace(/&amp;/g, '&'),
  );
}
