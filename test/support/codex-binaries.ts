import { realPrograms } from './real-programs.ts';

/** The real Codex programs to test with: CODEX_BIN, else every version in `.cache/codex`. */
export const codexBinaries = () => realPrograms('CODEX_BIN', 'codex');
