import { z } from 'zod';
import { isMiltonsOwn } from '../process/child-environment.ts';

/** The options of every agent that is a program. */
export const cliOptions = {
  idleTimeout: z
    .number()
    .min(0)
    .default(600_000)
    .describe('after how long without a sign of life it is stopped, in ms; 0 = never'),
  stopGrace: z.number().min(0).default(5_000).describe('how long it may take to stop by itself, in ms'),
  outputLimit: z
    .int()
    .positive()
    .default(2_000_000_000)
    .describe('how much it may write before it is stopped, in bytes'),
  scope: z
    .strictObject({
      tasks: z.int().positive().default(2_048),
      memory: z
        .string()
        .regex(/^\d+(?:\.\d+)?[KMGT%]?$/, { error: "expected an amount such as '8G' or '80%'" })
        .default('80%'),
    })
    .or(z.literal(false))
    .default({ tasks: 2_048, memory: '80%' })
    .describe(
      'how many processes, and how much memory (`8G`, `80%`), it and all that it starts may take together, where systemd can keep them to it; `false` = as much as there is',
    ),
  env: z.record(z.string(), z.string()).default({}).describe('variables added to its environment'),
  envPass: z
    .array(
      z
        .string()
        .refine((name) => !isMiltonsOwn(name), { error: "Expected a variable that is none of Milton's own secrets" }),
    )
    .default([])
    .describe("names of further variables that it gets, a key of its own for one; none of Milton's secrets"),
};
