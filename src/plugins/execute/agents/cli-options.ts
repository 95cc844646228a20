import { z } from 'zod';
import { isMiltonsOwn } from '../process/child-environment.ts';

/** The options of every agent that is a program. */
export const cliOptions = {
  /** Milliseconds without any sign of life after which it is stopped; 0 = never. */
  idleTimeout: z.number().min(0).default(600_000),
  /** Milliseconds it may take to stop by itself. */
  stopGrace: z.number().min(0).default(5_000),
  /** How many bytes it may write before it is stopped. */
  outputLimit: z.int().positive().default(2_000_000_000),
  /** What it and all it starts may take together, where systemd can keep them to it: processes, and memory as systemd writes it. */
  scope: z
    .strictObject({
      tasks: z.int().positive().default(2_048),
      memory: z
        .string()
        .regex(/^\d+(?:\.\d+)?[KMGT%]?$/, { error: "expected an amount such as '8G' or '80%'" })
        .default('80%'),
    })
    .or(z.literal(false))
    .default({ tasks: 2_048, memory: '80%' }),
  /** Variables added to its environment. */
  env: z.record(z.string(), z.string()).default({}),
  /** Names of Milton's own variables that it gets as well. */
  envPass: z
    .array(
      z
        .string()
        .refine((name) => !isMiltonsOwn(name), { error: "Expected a variable that is none of Milton's own secrets" }),
    )
    .default([]),
};
