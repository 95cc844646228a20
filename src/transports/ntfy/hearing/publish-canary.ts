import { TransportError } from '../../../pipeline/transport.ts';
import { type Publication, publish } from '../send/publish.ts';
import type { Allowance } from '../server/allowance.ts';
import type { Api } from '../server/api.ts';
import type { KeptBudget } from '../server/kept-budget.ts';

interface CanaryPublisherParts {
  readonly api: Api;
  readonly allowance: Allowance;
  readonly budget: KeptBudget;
}

/** Sends a canary where there is plenty left of what may be sent; rejects with TransportError. */
export function canaryPublisher({ api, allowance, budget }: CanaryPublisherParts) {
  return async (publication: Publication, signal: AbortSignal): Promise<void> => {
    await budget.load();
    if (allowance.verdict('canary', '').do !== 'go') {
      throw new TransportError('Nothing is left for a canary.', { retryable: true, paced: true });
    }
    await publish(api, publication, signal);
    allowance.sent('canary', '');
    budget.changed();
  };
}
