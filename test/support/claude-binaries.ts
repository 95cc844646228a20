import { realPrograms } from './real-programs.ts';

/** The real Claude Code programs to test with: CLAUDE_BIN, else every version in `.cache/claude`. */
export const claudeBinaries = () => realPrograms('CLAUDE_BIN', 'claude');
