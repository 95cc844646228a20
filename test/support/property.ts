// Every run of the tests looks at the same cases, so that what fails does so because of a change. `SEED=random` looks at others, and
// `SEED=1234` at those of a failure that named it.
import fc from 'fast-check';

const { SEED } = process.env;
if (SEED !== 'random') fc.configureGlobal({ seed: Number(SEED ?? 20261127) });

export default fc;
