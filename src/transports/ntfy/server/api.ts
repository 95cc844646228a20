import type { Fetch } from '../../../pipeline/services.ts';
import type { NtfyOptions } from '../options.ts';
import type { Allowance } from './allowance.ts';
import { networkFailure, statusFailure } from './failure.ts';

/** Where the server is, and how to log in. */
export type Login = Pick<NtfyOptions, 'baseUrl' | 'token' | 'user' | 'password'>;

/** What every request is told to. */
export type Meter = Pick<Allowance, 'spend' | 'answered'>;

/** One request to the configured server; resolves with a 200, rejects with an NtfyFailure. */
export type Api = (path: string, init: RequestInit & { readonly signal: AbortSignal }) => Promise<Response>;

/** The server's address without a slash at its end. */
export function serverUrl(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '');
}

/** Requests with the configured credentials, which never leave the server's own address. */
export function ntfyApi(fetch: Fetch, options: Login, meter?: Meter): Api {
  const base = serverUrl(options.baseUrl);
  const authorization = authorizationOf(options);
  return async (path, init) => {
    const headers = { ...init.headers, ...(authorization !== undefined && { authorization }) };
    let response: Response;
    meter?.spend();
    try {
      response = await fetch(`${base}/${path}`, { ...init, headers, redirect: 'manual' });
    } catch (error) {
      const failure = networkFailure(error);
      meter?.answered(failure);
      throw failure;
    }
    if (response.status === 200) {
      meter?.answered();
      return response;
    }
    const failure = await statusFailure(response).catch(networkFailure);
    meter?.answered(failure);
    throw failure;
  };
}

/** The header that logs in, where there are credentials. */
export function authorizationOf({ token, user, password }: Login): string | undefined {
  if (token) return `Bearer ${token}`;
  if (user) return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return undefined;
}
