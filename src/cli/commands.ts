import { approve } from './approve/command.ts';
import { deny } from './approve/deny-command.ts';
import { check } from './check/command.ts';
import type { Command } from './command-line/command.ts';
import { completion } from './completion/command.ts';
import { config } from './config/command.ts';
import { cost } from './cost/command.ts';
import { demo } from './demo/command.ts';
import { doctor } from './doctor/command.ts';
import { init } from './init/command.ts';
import { keys } from './keys/command.ts';
import { logs } from './logs/command.ts';
import { prompt } from './prompt/command.ts';
import { runs } from './runs/command.ts';
import { send } from './send/command.ts';
import { service } from './service/command.ts';
import { start } from './start/command.ts';
import { status } from './status/command.ts';

/** Every command, in the order `--help` lists them. Their code is loaded when they are used. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  init,
  start,
  service,
  send,
  prompt,
  status,
  runs,
  cost,
  logs,
  approve,
  deny,
  keys,
  config,
  check,
  doctor,
  demo,
  completion,
};
