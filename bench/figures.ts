/** One measured figure, where possible with a reference measured in the same run, since machines differ and are noisy. */
export interface Figure {
  readonly what: string;
  readonly unit: 'ns' | 'µs' | 'ms' | 's' | 'B' | 'MB' | 'k/s' | 'processes';
  readonly value: number;
  readonly reference?: { readonly what: string; readonly value: number };
  /** All of them must hold; none = for information. */
  readonly targets?: readonly Target[];
}

/** A limit of a figure: of its quotient with the reference, of its difference to it, or of itself. */
export type Target =
  | { readonly ratioAtMost: number }
  | { readonly ratioAtLeast: number }
  | { readonly excessAtMost: number }
  | { readonly atMost: number };

/** What a benchmark is told. */
export interface Options {
  /** Fewer rounds, for a first look and for CI. */
  readonly quick: boolean;
}

/** The result of one benchmark: figures, or why it was left out. */
export type Outcome = readonly Figure[] | { readonly skipped: string };

/** A benchmark: what each file beside this one exports as `run`. */
export type Run = (options: Options) => Promise<Outcome>;

/** Whether every target of a figure holds; undefined where it has none. */
export function holds(figure: Figure): boolean | undefined {
  return figure.targets?.every((target) => {
    if ('atMost' in target) return figure.value <= target.atMost;
    const reference = figure.reference!.value;
    if ('excessAtMost' in target) return figure.value - reference <= target.excessAtMost;
    const ratio = figure.value / reference;
    return 'ratioAtMost' in target ? ratio <= target.ratioAtMost : ratio >= target.ratioAtLeast;
  });
}

/** The figure as cells of a table: what, measured, reference, quotient, target, verdict. */
export function cells(figure: Figure): readonly string[] {
  const { what, value, unit, reference, targets = [] } = figure;
  const verdict = holds(figure);
  return [
    what,
    amount(value, unit),
    reference ? `${amount(reference.value, unit)} ${reference.what}` : '',
    reference && reference.value > 0 ? `${(value / reference.value).toFixed(2)}x` : '',
    targets.map((target) => limit(target, unit)).join(', '),
    verdict === undefined ? '' : verdict ? 'ok' : 'over',
  ];
}

function limit(target: Target, unit: string): string {
  if ('ratioAtMost' in target) return `≤ ${target.ratioAtMost}x`;
  if ('ratioAtLeast' in target) return `≥ ${target.ratioAtLeast}x`;
  return 'excessAtMost' in target ? `≤ +${target.excessAtMost} ${unit}` : `≤ ${target.atMost} ${unit}`;
}

function amount(value: number, unit: string): string {
  const digits = Number.isInteger(value) || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}
