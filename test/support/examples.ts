import { pages, read } from './pages.ts';

/** A file that a page shows; its first line is its name. */
export interface Example {
  readonly page: string;
  readonly file: string;
  readonly code: string;
}

/** The TypeScript files of all pages. */
export const examples: readonly Example[] = pages.flatMap((page) =>
  [...read(page).matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(([, file, code]) => ({
    page,
    file: file!,
    code: code!,
  })),
);
