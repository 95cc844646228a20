import { about, type VariableName, variables } from '../../config/env.ts';

/** What stands above a variable, where a group of them begins. */
const GROUPS: Partial<Readonly<Record<VariableName, readonly string[]>>> = {
  NTFY_BASE_URL: [
    'ntfy: the way to and from the phone',
    'Whoever knows a topic of a public server can read and write it: choose long random names, or use a server of your own',
    'with access control.',
  ],
  PERPLEXITY_API_KEY: ['Research'],
  CLAUDE_BIN: ['Coding agents'],
  MAX_OUTPUT_SIZE: ['What Milton keeps'],
};

const HEAD = `# Copy this file to .env beside milton.config.ts, keep it to yourself (chmod 600 .env), and set what you need.
# What is commented out shows the default. The process environment wins over this file; milton.config.ts wins over both.`;

function groupOf(name: VariableName): string[] {
  const [title, ...lines] = GROUPS[name] ?? [];
  if (title === undefined) return [];
  return [`# --- ${title} ${'-'.repeat(115 - title.length)}`, ...lines.map((line) => `# ${line}`), ''];
}

/** The text of `.env.example`: every variable with its meaning and default. */
export function envExample(): string {
  const entries = Object.entries(variables.shape).flatMap(([key, schema]) => {
    const name = key as VariableName;
    const { unit, under } = about.get(schema) ?? {};
    const unset: unknown = schema.parse(undefined);
    // A folder below another one has no default that could be written down alone.
    const usual = under === undefined && !Array.isArray(unset) ? String(unset ?? '') : '';
    const meaning = `# ${schema.description}${unit ? ` (${unit})` : ''}.`;
    return [...groupOf(name), meaning, `${name === 'TARGET_REPO' ? '' : '# '}${name}=${usual}`, ''];
  });
  return [HEAD, '', ...entries].join('\n');
}
