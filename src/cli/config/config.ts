import { about, variables } from '../../../config/env.ts';
import { logValue } from '../../pipeline/services/log-value.ts';
import { createRedactor } from '../../pipeline/services/redact.ts';
import { CONCURRENCY } from '../../pipeline/setup/assemble.ts';
import { type EffectiveOption, effectiveOptions } from '../../pipeline/setup/effective.ts';
import { ConfigProblems } from '../../pipeline/setup/problems.ts';
import type { Run } from '../command-line/command.ts';
import { INVALID } from '../command-line/exit-codes.ts';
import { safe, table } from '../command-line/terminal.ts';
import { type Prepared, prepare } from '../installation/prepare.ts';

interface Row {
  readonly name: string;
  readonly value: unknown;
  readonly origin: string;
  readonly secret: boolean;
}

/** `milton config`: every effective value with its origin; what is secret is only said to be set. */
export const config: Run = async ({ flags, terminal }) => {
  const prepared = await prepare(flags);
  const redact = createRedactor(prepared.environment.secrets);
  const mask = ({ value, secret }: Row) => {
    if (secret) return value === undefined || value === '' ? undefined : '[set]';
    return value === undefined ? undefined : logValue(named(value), redact);
  };
  const [options, environment] = [optionRows(prepared), variableRows(prepared)];
  if (flags.json) {
    const masked = (rows: readonly Row[]) => rows.map((row) => ({ ...row, value: mask(row) }));
    const { path, problems } = prepared;
    terminal.printJson({
      v: 1,
      config: path,
      options: masked(options),
      environment: masked(environment),
      problems: logValue(problems, redact),
    });
    return problems.length === 0 ? 0 : INVALID;
  }
  const lines = (rows: readonly Row[]) =>
    table(rows.map((row) => [`  ${safe(row.name)}`, shown(mask(row)), row.origin]));
  terminal.print(terminal.style('bold', `Options (${safe(prepared.path)})`));
  for (const line of lines(options)) terminal.print(line);
  terminal.print(terminal.style('bold', 'Environment'));
  for (const line of lines(environment)) terminal.print(line);
  if (prepared.problems.length > 0) throw new ConfigProblems(prepared.problems);
  return 0;
};

function optionRows({ config, repositories, environment }: Prepared): Row[] {
  if (!config) return [];
  const places = repositories.map(({ name, path, agent }): Row => {
    const value = agent === undefined ? path : `${path} (${agent})`;
    return { name: `repositories.${name}`, value, origin: 'milton.config.ts', secret: false };
  });
  const concurrency = { name: 'concurrency', value: config.concurrency ?? CONCURRENCY, secret: false };
  return [
    ...places,
    { ...concurrency, origin: config.concurrency === undefined ? 'default' : 'milton.config.ts' },
    ...effectiveOptions(config, environment.environment).map(optionRow),
  ];
}

function optionRow({ part, option, value, origin, variable, secret }: EffectiveOption): Row {
  const source = variable !== undefined && origin !== 'milton.config.ts' ? `${origin} (${variable})` : origin;
  return { name: `${part}.${option}`, value, origin: source, secret };
}

function variableRows({ environment }: Prepared): Row[] {
  return Object.entries(variables.shape).map(([name, schema]): Row => {
    const setting = environment.environment.get(name);
    return {
      name,
      value: setting?.value,
      origin: setting?.origin ?? 'default',
      secret: about.get(schema)?.secret ?? false,
    };
  });
}

/** With functions by their names, also within lists and fields: nobody wants to read their source here. */
function named(value: unknown, depth = 2): unknown {
  if (typeof value === 'function') return value.name === '' ? '[function]' : `[function ${value.name}]`;
  if (depth === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => named(each, depth - 1));
  // What is made by a class is more than its fields.
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([field, each]) => [field, named(each, depth - 1)]));
}

function shown(value: unknown): string {
  if (value === undefined || value === '') return '(not set)';
  return safe(typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value)));
}
