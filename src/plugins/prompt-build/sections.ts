import type { Section } from './section.ts';
import { backgroundWith } from './sections/background.ts';
import { criteria } from './sections/criteria.ts';
import { limits } from './sections/limits.ts';
import { report } from './sections/report.ts';
import { repository } from './sections/repository.ts';
import { security } from './sections/security.ts';
import { task } from './sections/task.ts';
import { tests } from './sections/tests.ts';
import { work } from './sections/work.ts';

/** The sections of a prompt, in order: the request itself first, what others wrote late, what to report last. */
export const SECTIONS = {
  task,
  repository,
  criteria,
  work,
  tests,
  security,
  limits,
  background: backgroundWith(),
  report,
} as const satisfies Readonly<Record<string, Section>>;

/** What a section is called in the configuration. */
export type SectionName = keyof typeof SECTIONS;
