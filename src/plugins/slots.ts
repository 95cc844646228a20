import { z } from 'zod';
import { slot } from '../pipeline/slot.ts';
import { notes } from './research/notes.ts';

/** What makes Milton believe that the message is its person's; set by `authorise`. */
export const proof = slot(
  'proof',
  z.enum([
    /** It is signed with a key of this machine. */
    'signature',
    /** It is the text of a button that Milton has sent. */
    'button',
    /** It began with a one-time code, which says nothing of the rest of its text. */
    'code',
    /** The server lets nobody write who is not known there. */
    'server',
    /** Somebody at this machine has approved it. */
    'machine',
    /** Nothing: everybody who can reach the transport is believed. */
    'none',
  ]),
);

/** What is asked, of which repository, and by which agent; set by `classify`. */
export const verdict = slot(
  'verdict',
  z.object({
    kind: z.enum(['CODE', 'RESEARCH']),
    /** The request without its prefix, otherwise verbatim. */
    text: z.string(),
    /** The name of a configured repository. */
    repository: z.string(),
    /** The message itself names the repository; otherwise it is the usual one. */
    named: z.literal(true).optional(),
    /** The name of a configured agent. */
    agent: z.string(),
    /**
     * The request it goes on with, with that one's conversation, folder and, where it has changed anything, branch; `left` = the
     * folder still holds what could not be committed.
     */
    continues: z
      .object({
        run: z.string(),
        session: z.string(),
        folder: z.string(),
        branch: z.string().optional(),
        left: z.boolean().optional(),
      })
      .optional(),
  }),
);

/** What is known about the task before an agent sees it; set by `research`. */
export const brief = slot(
  'brief',
  z.object({
    /** Who wrote it: a model's name, or `local`. */
    by: z.string(),
    /** It was worked out on this machine, from the request and the repository alone. */
    offline: z.literal(true).optional(),
    /** Plain text or simple Markdown. Where it has `[n]`, they are the numbers of its sources. */
    text: z.string(),
    /** The same in its parts, where the model kept to them. */
    notes: notes.optional(),
    /** What it cites, in the order of its first mention. */
    sources: z.array(z.object({ n: z.string(), title: z.string(), url: z.string() })),
    /** Why the web was not asked, or who did not answer and why; absent when the first one did. */
    fallback: z.string().optional(),
    /** It was found out for an equal request within the last day. */
    cached: z.literal(true).optional(),
    /** It answers the request: nobody has to look into the repository for it. */
    answers: z.literal(true).optional(),
    /** How long it took to find out, in ms. */
    ms: z.number().optional(),
    costUsd: z.number().optional(),
    tokens: z.number().optional(),
  }),
);

/** The text the agent gets; set by `prompt-build`. */
export const prompt = slot('prompt', z.string());

/** The sections of the prompt in order, each with its length in tokens (estimated); set by `prompt-build`. */
export const outline = slot('outline', z.array(z.object({ name: z.string(), tokens: z.number() })));

/** What happened, as Milton measured it; set by `execute`. */
export const result = slot(
  'result',
  z.object({
    /** The agent's label: `Claude Code`. */
    agent: z.string(),
    status: z.enum(['succeeded', 'failed', 'dry-run']),
    /** Why it failed, in one sentence, and as one word (see FailureCause). */
    reason: z.string().optional(),
    cause: z
      .enum(['limit', 'login', 'missing', 'timeout', 'idle', 'output', 'budget', 'model', 'crash', 'other'])
      .optional(),
    /** The agent that was to do it first, why it could not, and the branch with what it had done. */
    after: z.object({ agent: z.string(), reason: z.string(), branch: z.string().optional() }).optional(),
    /** The agent's last answer. */
    text: z.string(),
    durationMs: z.number(),
    turns: z.number().optional(),
    tokens: z.number().optional(),
    costUsd: z.number().optional(),
    session: z.string().optional(),
    /** What CONTINUE needs to go on: the agent's name, and the folder that its conversation belongs to. */
    goOn: z.object({ agent: z.string(), folder: z.string() }).optional(),
    denials: z.array(z.string()),
    /** The branch that holds the work, and what is on it beyond its start; absent for RESEARCH and dry runs. */
    changes: z
      .object({
        branch: z.string(),
        base: z.string(),
        head: z.string(),
        commits: z.number(),
        files: z.array(z.object({ path: z.string(), added: z.number(), removed: z.number() })),
        /** What could not be committed stays in this folder; absent where the branch holds all there is. */
        left: z.object({ folder: z.string(), why: z.string() }).optional(),
      })
      .optional(),
    /** What the repository's own tests say of it, as Milton ran them; `before` = of the commit that the work began at. */
    tests: z
      .object({
        command: z.string(),
        outcome: z.enum(['passed', 'failed', 'broken', 'timeout']),
        exitCode: z.number().optional(),
        ms: z.number(),
        tail: z.string(),
        before: z.enum(['passed', 'failed']).optional(),
        /** They ran in a sandbox without network. */
        confined: z.literal(true).optional(),
      })
      .optional(),
    /** Absolute path of the agent's raw output. */
    rawOutput: z.string().optional(),
  }),
);

/** What the person is told at the end; set by `summarise`. */
export const summary = slot(
  'summary',
  z.object({
    outcome: z.enum(['done', 'failed']),
    title: z.string(),
    /** What the notice says above the line with the report's path. */
    body: z.string(),
    /** What it says below that line. */
    below: z.string().optional(),
    /** The whole report, which `publish` saves. */
    report: z.string(),
    /** Buttons that open a page: where the answer comes from. */
    pages: z.array(z.object({ label: z.string(), url: z.string() })).optional(),
  }),
);

/** A message that is a phone command, not a request; set by `classify`, carried out by `commands`. */
export const command = slot(
  'command',
  z.object({
    name: z.enum(['HELP', 'STATUS', 'QUEUE', 'CANCEL', 'RETRY', 'DIFF', 'ANSWER', 'APPROVE', 'DENY']),
    /** `last`, an id as the person wrote it, or empty; for ANSWER the question's id and the choice. */
    argument: z.string(),
  }),
);
