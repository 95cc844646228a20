import http from 'node:http';
import https from 'node:https';
import { authorizationOf, type Login, type Meter, serverUrl } from './api.ts';
import { networkFailure, statusFailure } from './failure.ts';

/** Asks the server for a body that is read as it comes; resolves with a 200, rejects with NtfyFailure. Aborting closes the socket. */
export type OpenStream = (path: string, signal: AbortSignal) => Promise<http.IncomingMessage>;

/**
 * Streams of the configured server, by `node:http` and not by fetch: fetch cuts a body that was silent for 300 s, however patient
 * the reader is, and its web streams cost as much as half of JSON.parse.
 */
export function streams(login: Login, meter?: Meter): OpenStream {
  const base = serverUrl(login.baseUrl);
  const { get } = base.startsWith('https:') ? https : http;
  const authorization = authorizationOf(login);
  // An old answer would have Milton take an old message for a new one.
  const headers = { 'cache-control': 'no-cache', ...(authorization !== undefined && { authorization }) };
  return async (path, signal) => {
    const url = `${base}/${path}`;
    const use = path.includes('poll=1') ? 'cache' : 'connection';
    meter?.spend(use);
    const response = await answer(() => get(url, { headers, signal })).catch((error) => {
      meter?.answered(error, use);
      throw error;
    });
    if (response.statusCode === 200) {
      meter?.answered();
      return response;
    }
    const failure = await refusal(url, response).catch(networkFailure);
    meter?.answered(failure, use);
    throw failure;
  };
}

async function answer(get: () => http.ClientRequest): Promise<http.IncomingMessage> {
  try {
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    // The request has no time limit of its own, and follows no redirect.
    get().on('response', resolve).on('error', reject);
    // Without a listener an abort in this very moment would end the process.
    return (await promise).on('error', () => {});
  } catch (error) {
    throw networkFailure(error);
  }
}

const refusal = (url: string, response: http.IncomingMessage) =>
  statusFailure({
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    url,
    headers: { get: (name) => [response.headers[name] ?? []].flat()[0] ?? null },
    body: response,
  });
