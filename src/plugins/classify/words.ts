import type { CommandName } from './reading.ts';

/** The phone commands by the word that calls them. */
export const COMMANDS: ReadonlyMap<string, CommandName> = new Map([
  ['help', 'HELP'],
  ['status', 'STATUS'],
  ['queue', 'QUEUE'],
  ['cancel', 'CANCEL'],
  ['retry', 'RETRY'],
  ['diff', 'DIFF'],
  ['answer', 'ANSWER'],
  ['approve', 'APPROVE'],
  ['deny', 'DENY'],
]);

/**
 * Words people say instead of a command. They are never carried out, only answered: with the command they come near to, or as
 * CANCEL without an id is, which stops nothing.
 */
export const SYNONYMS: ReadonlyMap<string, CommandName> = new Map([
  ['stop', 'CANCEL'],
  ['abort', 'CANCEL'],
  ['kill', 'CANCEL'],
  ['jobs', 'QUEUE'],
  ['list', 'QUEUE'],
  ['progress', 'STATUS'],
  ['redo', 'RETRY'],
  ['repeat', 'RETRY'],
  ['rerun', 'RETRY'],
  ['commands', 'HELP'],
  ['reject', 'DENY'],
  ['allow', 'APPROVE'],
]);

/** Ordinary words within a slip or two of ours; a sentence that begins with one is a request. */
export const ORDINARY: ReadonlySet<string> = new Set(
  `answers answered approved approves approver approval candle cancels canceled cancelled channel clause cloudy coda coded codes coding codec codecs come cope core cover
   defy demo deno dense dent dents denied denies cues cure heap heaps held hell hello helm helps improve improved improves kelp mode node queues queued retro rode search searches start started
   state stated states static stats statue`.split(/\s+/),
);

/** A verb that begins an order, so that a "code" before it was the prefix: "code add a login", yet not "code review …". */
export const ORDER =
  /(?:add|fix|make|create|remove|delete|write|implement|rename|refactor|replace|improve|increase|decrease|reduce|upgrade|bump|install|enable|disable|show|hide|convert|migrate|move|extract|ensure|handle|simplify|rewrite|configure|correct|adjust|integrate|redirect|validate|please)\b|(?:change|update|build|set|use|clean)\s+(?:the|a|an|all|my|our|this|that|up)\b/iy;

/** A word that begins a question, so that a "research" before it was the prefix: "research how the login works". */
export const QUESTION =
  /(?:how|what|why|which|where|when|who|whether|if|about|into|the|a|an|our|this|that|best|current|possible|please)\b/iy;

/** Words of which a message consists that asks for nothing: "thanks a lot", "ok, do it". */
export const SMALL_TALK: ReadonlySet<string> = new Set(
  `a again ahead alright cool do fine go good great hello hey hi it lot much never mind milton nice no nope ok okay perfect
   ping please so sure test testing thank thanks that the this very well yeah yes you`.split(/\s+/),
);

/** Words that with an id after them are an order to Milton, whether it knows them or not. */
export const ORDERS_TO_MILTON = /^(?:approve|reject|deny|allow|logs?|show|merge|resume|pause|undo|revert)$/;
