import { describeTransport } from '../../../src/testing/transport-contract.ts';
import { fakeFixture } from './fixture.ts';

describeTransport('ntfy', fakeFixture);
