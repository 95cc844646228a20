import { sanitise } from '../../pipeline/services/sanitise.ts';
import { shortLine } from '../../pipeline/short-line.ts';

/** Longer than any command line or subject of a commit should be. */
const MOST = 300;

/** A text of others on one line, without characters that nobody sees. */
export const oneLine = (text: string): string => shortLine(sanitise(text), MOST);
