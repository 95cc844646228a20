import * as clack from '@clack/prompts';
import { MiltonError } from '../../pipeline/errors.ts';
import { usageError } from '../command-line/exit-codes.ts';

/** One of several answers. */
export interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly hint?: string;
}

interface Text {
  readonly initial?: string;
  readonly placeholder?: string;
  /** What is wrong with an answer; undefined where nothing is. */
  wrong?(answer: string): string | undefined;
}

/** Whoever answers what `milton init` asks. All text that is shown must be fit for a terminal. */
export interface Questions {
  choose<Value extends string>(message: string, choices: readonly Choice<Value>[], initial: Value): Promise<Value>;
  text(message: string, question: Text): Promise<string>;
  /** An answer that is not shown; empty where there is none, unless it is needed. */
  secret(message: string, question?: { readonly needed?: boolean }): Promise<string>;
  confirm(message: string, initial: boolean): Promise<boolean>;
  /** Waits until the person has done something that nobody else can see. */
  pause(message: string): Promise<void>;
  /** Shows that something takes its time, and then what came of it. */
  during<Result>(message: string, work: Promise<Result>, told: (result: Result) => string): Promise<Result>;
  say(text: string): void;
  warn(text: string): void;
}

/** Standard output is for data. */
const output = process.stderr;

/** The person at the terminal. Each question rejects with CANCELLED where they want no more of it. */
export const person: Questions = {
  choose: async <Value extends string>(message: string, choices: readonly Choice<Value>[], initial: Value) => {
    const options = choices.map((each) => ({ ...each }));
    // What it offers are the values it can return.
    return answered(await clack.select<string>({ message, options, initialValue: initial, output })) as Value;
  },
  text: async (message, { initial, placeholder, wrong }) =>
    answered(
      await clack.text({
        ...{ message, output },
        ...(initial === undefined ? {} : { initialValue: initial }),
        ...(placeholder === undefined ? {} : { placeholder }),
        validate: (answer) => wrong?.((answer ?? '').trim()),
      }),
    ).trim(),
  secret: async (message, { needed = false } = {}) => {
    const wrong = (answer: string | undefined) => (needed && !answer?.trim() ? 'It is needed.' : undefined);
    return (answered(await clack.password({ message, output, validate: wrong })) ?? '').trim();
  },
  confirm: async (message, initial) => answered(await clack.confirm({ message, initialValue: initial, output })),
  async pause(message) {
    answered(
      await clack.select({ message, options: [{ value: 'next', label: 'Go on' }], showInstructions: false, output }),
    );
  },
  // A spinner of clack would end the process at Ctrl-C, as if all were well.
  async during(message, work, told) {
    clack.log.step(message, { output });
    const result = await work;
    clack.log.message(told(result), { output });
    return result;
  },
  say: (text) => clack.log.message(text, { output }),
  warn: (text) => clack.log.warn(text, { output }),
};

function answered<Value>(answer: Value | typeof clack.CANCEL_SYMBOL): Value {
  if (clack.isCancel(answer)) throw new MiltonError('CANCELLED', 'Cancelled.');
  return answer;
}

/** Nobody: what is found or usual is taken, and told. */
export function nobody(talk: (line: string) => void): Questions {
  return {
    async choose(message, choices, initial) {
      talk(`${message} ${choices.find(({ value }) => value === initial)?.label}`);
      return initial;
    },
    async text(message, { initial = '', wrong }) {
      if (wrong?.(initial) === undefined) return initial;
      throw notKnown(message);
    },
    async secret(message, { needed = false } = {}) {
      if (needed) throw notKnown(message);
      return '';
    },
    confirm: async (_, initial) => initial,
    pause: async () => {},
    async during(_, work, told) {
      const result = await work;
      talk(told(result));
      return result;
    },
    say: talk,
    warn: talk,
  };
}

const notKnown = (message: string) =>
  usageError(`${message} is not known.`, 'Say it with an option or a variable: milton init --help');
