import { execFile } from 'node:child_process';
import type { Logger } from '../../pipeline/services.ts';

/** How to reach whoever runs Milton as a service, as systemd does. */
interface Way {
  readonly socket: string;
  readonly path: string;
  /** Milliseconds after which it takes silence for death; 0 = never. */
  readonly patience: number;
}

/** Whoever runs Milton as a service, and what it is told. */
export interface Supervisor {
  /** Says that Milton is ready and, from now on, that it is alive; `status` tells in one line what it does. */
  ready(status: () => Promise<string>): Promise<void>;
  stopping(): void;
}

/** Longer than systemd may take to confirm, after which its program gives up by itself; ms. */
const TIMEOUT = 10_000;

/** Takes out of the environment what says how to reach the supervisor, so that nothing Milton starts can speak for it. */
export function takeWay(env: NodeJS.ProcessEnv): Way | undefined {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: patience, WATCHDOG_PID: watched, PATH = '' } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  if (!socket) return undefined;
  const isForUs = watched === undefined || Number(watched) === process.pid;
  // The person's own PATH may lack the folder of systemd's programs.
  return { socket, path: `${PATH}:/usr/bin:/bin`, patience: isForUs ? Number(patience ?? 0) / 1000 : 0 };
}

/** Speaks to the supervisor; to nobody where there is none. */
export function supervisor(way: Way | undefined, logger: Logger): Supervisor {
  const tell = way ? (...words: string[]) => notify(way, words, logger) : async () => {};
  return {
    async ready(status) {
      if (!way) return;
      let last = await status().catch(() => '');
      await tell('READY=1', `STATUS=${last}`);
      const sign = async () => {
        void tell('WATCHDOG=1');
        const now = await status().catch(() => last);
        if (now !== last) void tell(`STATUS=${now}`);
        last = now;
      };
      // A timer of the main loop: where that is stuck, no sign is given, and Milton is started anew.
      if (way.patience > 0) setInterval(() => void sign(), way.patience / 2).unref();
    },
    stopping: () => void tell('STOPPING=1', 'STATUS=Stops when what it works on has come to a good place'),
  };
}

/** By systemd's own program, since Node has no such sockets. It ends when systemd has heard it, and so is still known to it. */
function notify({ socket, path }: Way, words: readonly string[], logger: Logger): Promise<void> {
  const env = { PATH: path, NOTIFY_SOCKET: socket };
  return new Promise((resolve) => {
    execFile('systemd-notify', words, { env, timeout: TIMEOUT }, (error) => {
      if (error) logger.warn('systemd could not be told how Milton is', { said: words.join(' '), error });
      resolve();
    });
  });
}
