import { z } from 'zod';
import { explain } from '../../pipeline/errors.ts';
import type { Fetch } from '../../pipeline/services.ts';
import { ntfyApi } from '../../transports/ntfy/server/api.ts';
import type { Server } from './answers.ts';

/** How long one answer of the server may take, in ms. */
const PATIENCE = 10_000;

const health = z.object({ healthy: z.literal(true) });

/** Why requests cannot come through this server; undefined where they can. */
export async function checkServer(fetch: Fetch, server: Server, askTopic: string): Promise<string | undefined> {
  const login = { token: undefined, user: undefined, password: undefined, ...server };
  const api = ntfyApi(fetch, login);
  const ask = async (path: string) => api(path, { signal: AbortSignal.timeout(PATIENCE) });
  try {
    const answer: unknown = await (await ask('v1/health')).json().catch(() => undefined);
    if (!health.safeParse(answer).success) return 'What answers there is no ntfy server that is well.';
  } catch (error) {
    return `It cannot be reached: ${explain(error)}`;
  }
  try {
    await (await ask(`${askTopic}/auth`)).body?.cancel();
    return undefined;
  } catch (error) {
    const who = server.token ? 'This token' : server.user ? `"${server.user}"` : 'Somebody without a login';
    return `${who} may not read the topic for requests (${askTopic}): ${explain(error)}`;
  }
}
