import {
  catchError,
  distinctUntilChanged,
  firstValueFrom,
  fromEvent,
  map,
  NEVER,
  type Observable,
  of,
  startWith,
  switchMap,
  takeUntil,
  timer,
} from 'rxjs';
import type { Health, Transport } from '../transport.ts';

/** What a connected transport needs to fetch what was sent before, and to find out that the machine slept; ms. */
const SETTLED = 5000;
/** How long one that says nothing of its connection is waited for; ms. */
const SILENT = 30_000;

/**
 * Resolves when all that was sent through a transport until the call must have come: it has been connected for a moment since
 * then. Waits as long as it is not, since nobody could be told anything meanwhile. Rejects when the signal aborts.
 */
export type CaughtUp = (transport: string, signal: AbortSignal) => Promise<void>;

/** Watches these transports; a name that is none of theirs (it was configured once) stands for all of them. */
export function watchArrivals(transports: readonly Transport[]): CaughtUp {
  return async (name, signal) => {
    signal.throwIfAborted();
    const own = transports.filter((transport) => transport.name === name);
    const settled = (own.length > 0 ? own : transports).map((transport) =>
      firstValueFrom(settled$(transport).pipe(takeUntil(fromEvent(signal, 'abort'))), { defaultValue: undefined }),
    );
    await Promise.all(settled);
    signal.throwIfAborted();
  };
}

const settled$ = ({ health$, exposure }: Transport): Observable<unknown> =>
  health$.pipe(
    map(({ state }) => state),
    catchError(() => NEVER),
    startWith('silent' as const),
    distinctUntilChanged(),
    switchMap((state) => pause(state, exposure)),
  );

function pause(state: Health['state'] | 'silent', exposure: Transport['exposure']): Observable<unknown> {
  if (state === 'silent') return timer(SILENT);
  if (state !== 'connected') return NEVER;
  return exposure === 'local' ? of(state) : timer(SETTLED);
}
