import { at, type Examination } from '../examination.ts';

const OLDEST = 24;
const { ok, failure } = at('node');

/** Whether this Node can run Milton. */
export const node: Examination = {
  topic: 'node',
  async examine({ machine: { nodeVersion } }) {
    if (Number.parseInt(nodeVersion, 10) >= OLDEST) return [ok('', `Node.js ${nodeVersion}`)];
    const repair = 'Install it from https://nodejs.org or with your package manager';
    return [failure('', `Node.js ${nodeVersion} is too old: Milton needs ${OLDEST} or newer`, { repair })];
  },
};
