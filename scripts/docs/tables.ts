import { isPart } from 'milton-orchestrator';
import { z } from 'zod';
import { about, variables } from '../../config/env.ts';
import { config, repository } from '../../config/schema.ts';
import { variableOf } from '../../src/pipeline/options.ts';
import { parts } from './parts.ts';

const code = (text: string) => `\`${text}\``;
const row = (cells: readonly string[]) => `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const escaped = rows.map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  return [row(head), `|${'---|'.repeat(head.length)}`, ...escaped.map(row)].join('\n');
}

function shown(value: unknown): string {
  if (value === undefined || value === '') return '';
  if (!Array.isArray(value)) return code(typeof value === 'object' ? JSON.stringify(value) : String(value));
  return code(
    value.some((one) => isPart(one)) ? `[${value.map(({ name }) => `${name}()`).join(', ')}]` : JSON.stringify(value),
  );
}

const fieldsOf = (schema: z.ZodType) =>
  Object.entries(schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {});

/** The options of a part: what each one is unless set, which variable supplies it, what it means. */
function options(schema: z.ZodType): string {
  const rows = fieldsOf(schema).map(([name, field]) => {
    const variable = variableOf(field);
    const unset = variable === undefined ? field.safeParse(undefined).data : undefined;
    return [code(name), shown(unset), variable === undefined ? '' : code(variable), field.description ?? ''];
  });
  return table(['Option', 'Default', 'Variable', 'Meaning'], rows);
}

function environment(): string {
  const rows = Object.entries(variables.shape).map(([name, schema]) => {
    const unit = about.get(schema)?.unit;
    const unset = schema.parse(undefined);
    const usual = Array.isArray(unset) && unset.length === 0 ? '' : shown(unset);
    return [code(name), usual, `${schema.description}${unit ? ` (${unit})` : ''}`];
  });
  return table(['Variable', 'Default', 'Meaning'], rows);
}

const meanings = (schema: z.ZodType) =>
  table(
    ['Field', 'Meaning'],
    fieldsOf(schema).map(([name, field]) => [code(name), field.description ?? '']),
  );

/** The tables that the schemas say all of, by the name that the page of configuration has for each. */
export const tables: ReadonlyMap<string, string> = new Map([
  ['fields', meanings(config)],
  ['repository', meanings(repository)],
  ['variables', environment()],
  ...Object.entries(parts).flatMap(([name, schema]): [string, string][] =>
    schema && fieldsOf(schema).length > 0 ? [[`${name}()`, options(schema)]] : [],
  ),
]);
