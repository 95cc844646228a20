import { folderOf, type Program } from '../program.ts';
import { sealed } from '../sealed-file.ts';

/** The name of Milton's launchd agent. */
export const LABEL = 'milton-orchestrator';

/** A value of a property list, as far as one is needed here. */
type Value = string | number | boolean | readonly string[] | { readonly [key: string]: Value };

/** The launchd agent that runs a program; `log` is the file that gets what it says. */
export function plistOf(what: Program, log: string): string {
  const agent: Value = {
    Label: LABEL,
    ProgramArguments: [what.node, what.cli, 'start', '--config', what.config],
    WorkingDirectory: folderOf(what),
    EnvironmentVariables: { PATH: what.path },
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 60,
    // Longer than Milton takes to stop; in seconds.
    ExitTimeOut: 45,
    ProcessType: 'Background',
    // 077, which a property list can only say in decimal.
    Umask: 63,
    StandardOutPath: log,
    StandardErrorPath: log,
  };
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
${element(agent)}
</plist>
`;
  return sealed(text, ['<!-- ', ' -->']);
}

function element(value: Value): string {
  if (typeof value === 'string') return `<string>${escaped(value)}</string>`;
  if (typeof value === 'number') return `<integer>${value}</integer>`;
  if (typeof value === 'boolean') return value ? '<true/>' : '<false/>';
  if (isList(value)) return `<array>\n${value.map(element).join('\n')}\n</array>`;
  const entries = Object.entries(value).map(([key, one]) => `<key>${escaped(key)}</key>\n${element(one)}`);
  return `<dict>\n${entries.join('\n')}\n</dict>`;
}

const isList = (value: Value): value is readonly string[] => Array.isArray(value);

/** XML knows no other control characters than these, however they are written. */
const escaped = (text: string) =>
  text
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')
    .toWellFormed()
    .replace(/[&<>"'\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
