import type { SlotValue } from '../../pipeline/slot.ts';
import type { command, verdict } from '../slots.ts';

/** The kinds of request. */
export type Kind = SlotValue<typeof verdict>['kind'];

/** The names of the phone commands. */
export type CommandName = SlotValue<typeof command>['name'];

/** The names a message may use, in the order they are configured. */
export interface Names {
  readonly repositories: readonly string[];
  readonly agents: readonly string[];
}

/** What a message turned out to be. Nothing runs for `unclear`: the person is asked instead. */
export type Reading =
  | {
      readonly is: 'request';
      readonly kind: Kind | undefined;
      readonly repository: string | undefined;
      readonly agent: string | undefined;
      readonly text: string;
    }
  | { readonly is: 'command'; readonly name: CommandName; readonly argument: string }
  /** `of` is `last`, or an id as a command's argument is; the text may be empty. */
  | { readonly is: 'continue'; readonly of: string; readonly text: string }
  | Unclear;

/** Why a message is not run as it stands. */
export type Unclear = { readonly is: 'unclear' } & (
  | { readonly why: 'empty'; readonly kind: Kind | undefined }
  /** `meant` is the whole message as it was probably meant. */
  | { readonly why: 'near miss'; readonly word: string; readonly meant: string }
  | { readonly why: 'unknown name'; readonly name: string }
  | { readonly why: 'two repositories'; readonly repositories: readonly [string, string] }
  | { readonly why: 'no request'; readonly said: string }
);
