import { expect } from 'vitest';
import { sanitise } from '../../../src/pipeline/services/sanitise.ts';
import type { RepositoryFacts } from '../../../src/plugins/optimizer/repository-facts.ts';

/** Every file that is read anywhere. */
export const MANIFESTS =
  `package.json package-lock.json pnpm-workspace.yaml .npmrc .yarnrc.yml bunfig.toml .gitignore pyproject.toml
  requirements.txt setup.py setup.cfg tox.ini Pipfile Cargo.toml .cargo/config.toml go.mod go.work pom.xml build.gradle
  build.gradle.kts settings.gradle gradle/libs.versions.toml App.sln App.csproj Gemfile Gemfile.lock composer.json pubspec.yaml
  Makefile justfile Taskfile.yml npm-shrinkwrap.json yarn.lock pnpm-lock.yaml uv.lock poetry.lock composer.lock uv.toml
  deno.jsonc services/x/go.mod web/package.json`.split(/\s+/);

/** Everything said is one short line without anything that a reader cannot see. */
export function expectClean(facts: RepositoryFacts) {
  const { languages, packageManager = '', frameworks, commands, guides, layout, commits, packages } = facts;
  const said = [...languages, packageManager, ...frameworks, ...guides, ...layout, ...commits, ...packages];
  for (const line of [...said, ...Object.values(commands)]) {
    expect(sanitise(line)).toBe(line);
    expect(line).not.toMatch(/[\n\t`"<>|\\\u2028\u2029\ufffd]/);
    expect(line.length).toBeLessThanOrEqual(200);
  }
  for (const line of [...frameworks, ...packages]) expect(line.length).toBeLessThanOrEqual(150);
  expect(frameworks.length).toBeLessThanOrEqual(10);
  expect(layout.length).toBeLessThanOrEqual(20);
  expect(packages.length).toBeLessThanOrEqual(40);
}
