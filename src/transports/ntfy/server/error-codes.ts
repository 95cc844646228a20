/** ntfy's own numbers for errors, as far as they make a difference. */
export const PRIORITY_INVALID = 40007;
export const NO_FILES = 40014;
export const UNAUTHORIZED = 40101;
export const FILE_TOO_LARGE = 41301;
export const TOO_MANY_REQUESTS = 42901;
export const TOO_MANY_SUBSCRIPTIONS = 42903;
export const TOO_MANY_TOPICS = 42904;
export const BANDWIDTH_USED_UP = 42905;
export const DAY_USED_UP = 42908;
export const TOO_MANY_NEW_TOPICS = 42911;
