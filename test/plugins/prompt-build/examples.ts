import { chosenSections, type NamedSection } from '../../../src/plugins/prompt-build/chosen-sections.ts';
import type { PromptInput } from '../../../src/plugins/prompt-build/section.ts';
import { backgroundWith } from '../../../src/plugins/prompt-build/sections/background.ts';

/** The facts of a common repository of a web application. */
export const FACTS: PromptInput['facts'] = {
  languages: ['TypeScript'],
  packageManager: 'npm',
  frameworks: ['React 19.1.0', 'Express 5.1.0', 'Vitest 4.0.2'],
  commands: { test: 'npm test', lint: 'npm run lint', types: 'npm run typecheck', build: 'npm run build' },
  guides: ['CLAUDE.md', 'CONTRIBUTING.md'],
  layout: ['src/ (TypeScript)', 'server/ (TypeScript)', 'test/ (TypeScript)', 'migrations/', 'docs/', 'public/'],
  commits: [
    'Orders can be filtered by state',
    'The session cookie is SameSite=Lax',
    'Migration 14: an index on orders(customer_id)',
    'A failed payment no longer empties the basket',
    'Bump express from 5.0.1 to 5.1.0',
  ],
  packages: ['react 19.1.0', 'express 5.1.0', 'vitest 4.0.2'],
};

/** Nothing that a reader of files would recognise. */
export const NO_FACTS: PromptInput['facts'] = {
  ...{ languages: [], packageManager: undefined, frameworks: [], commands: {}, guides: [] },
  ...{ layout: [], commits: [], packages: [] },
};

/** Notes such as a search on the web brings back: about 3,000 characters beside their sources. */
export const NOTES = `Use the session middleware that the app already has; do not add a second one. With Express 5 a rejected promise of a handler reaches the error handler by itself, so no wrapper is needed [1]. Passwords are hashed with scrypt of node:crypto (N = 2^17, r = 8, p = 1) or Argon2id; bcrypt cuts a password after 72 bytes [2].

Facts
- express-session 1.18 regenerates the session id with req.session.regenerate(); call it after each successful login, else a session can be fixed by whoever knew the id before [3].
- The cookie needs httpOnly, secure and sameSite: 'lax'. Behind a proxy, app.set('trust proxy', 1) must be set, or a secure cookie is never sent [3].
- React 19 has useActionState for forms: pending state and the error of the last try come from one hook, and no effect is needed [4].
- crypto.timingSafeEqual throws where the two buffers differ in length; compare hashes of equal length only [5].
- scrypt with these numbers needs some 128 MB for each call: give it maxmem, and let only a few run at once, or a burst of logins takes the memory of the server [5].
- Express 5 no longer takes app.del() and req.param(), and matches paths with path-to-regexp 8: a wildcard needs a name, as in /files/*path [1].

Pitfalls
- Different answers for "no such account" and "wrong password" tell an attacker which accounts exist. The time must not differ either: hash a dummy password where there is no account [2].
- A limit on tries per address alone locks out a whole office behind one address; count by account and address together, and let it fade [6].
- req.session is saved at the end of the response; a redirect right after the login can be faster than a slow store. Call req.session.save() first [3].
- useActionState calls its action with the previous state as the first argument; a handler written for onSubmit gets the wrong one [4].

Security
- Log neither passwords nor session ids, also not through a logger of whole requests [2].
- Answer a failed login with 401 and one sentence, and count it. Accept passwords of 64 characters and more, and all of Unicode; normalise to NFKC before hashing [2].
- A POST that logs in needs protection against cross-site requests as well, since an attacker can log a victim in to an account of their own [6].

Tests
- A right and a wrong password, an unknown account, an empty field, a password of 10,000 characters, an account that is locked.
- The id of the session differs before and after the login. The cookie has its three flags. A second login ends no other session.
- The answer for an unknown account equals the one for a wrong password, letter by letter.
- The redirect after the login leads only to paths of this site; an address from the query must not leave it.

Open questions
- How long a session lasts is not said. 30 minutes without use and 12 hours in all are common for a shop; staying logged in is a choice that the person makes, not the default [6].
- Whether the sessions of all devices end when the password changes is not said in the request.`;

const SOURCES = [
  ['Migrating to Express 5', 'https://expressjs.com/en/guide/migrating-5.html'],
  ['Password Storage Cheat Sheet', 'https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html'],
  ['express-session', 'https://expressjs.com/en/resources/middleware/session.html'],
  ['useActionState', 'https://react.dev/reference/react/useActionState'],
  ['Crypto', 'https://nodejs.org/api/crypto.html'],
  ['Authentication Cheat Sheet', 'https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html'],
].map(([title = '', url = ''], index) => ({ n: String(index + 1), title, url }));

/** A brief from the web; without notes one that was worked out locally. */
export const briefOf = (text = ''): PromptInput['brief'] =>
  text === ''
    ? { by: 'local', offline: true, text: '', sources: [] }
    : { by: 'perplexity/sonar', text, sources: text === NOTES ? SOURCES : [] };

/** A typical request of each kind. */
export const REQUESTS = {
  feature: 'Add a login page with e-mail and password. Whoever is not logged in gets it instead of /orders.',
  fix: 'The total of an order is wrong when a discount is larger than the price: it shows -0.00 and the payment fails. It should be 0.00, and such an order needs no payment.',
  test: 'Write tests for the basket: adding, removing, and merging the basket of a guest at login.',
  refactor: 'Split server/orders.ts: the queries into a file of their own, the routes stay.',
  docs: 'Update the README: how to run the migrations, and which variables the server reads.',
  question: 'Why do we keep the basket in the session and not in the database?',
} as const satisfies Readonly<Record<PromptInput['kind'], string>>;

/** A CODE request of this kind. */
export function inputOf(kind: PromptInput['kind'], changed: Partial<PromptInput> = {}): PromptInput {
  const task = { kind: 'CODE', text: REQUESTS[kind], repository: 'shop', agent: 'claude' } as const;
  return { task, kind, facts: FACTS, brief: briefOf(), ...changed };
}

/** The sections as Milton has them, with a marker that is always the same. */
export const FIXED: readonly NamedSection[] = chosenSections({ background: backgroundWith(() => '7f3a91c04be2') }, []);
