import { type FactReader, isPlainName } from './facts.ts';
import { tableOf } from './toml.ts';

/** Rust projects. */
export const rust: FactReader = async (folder) => {
  if (!folder.names.has('Cargo.toml')) return undefined;
  const lines = tableOf(await folder.read('Cargo.toml'), 'dependencies');
  return {
    languages: ['Rust'],
    packageManager: 'cargo',
    commands: { test: 'cargo test', lint: 'cargo clippy', build: 'cargo build' },
    packages: lines.flatMap((line) => {
      const [, name, version] = /^([\w-]+)\s*=\s*(?:"|\{[^}]*\bversion\s*=\s*")[\^~=]?\s*(\d[\w.]*)"/.exec(line) ?? [];
      const elsewhere = /\b(?:path|git|registry)\s*=/.test(line);
      return name && version && !elsewhere && isPlainName(name) ? [`${name} ${version}`] : [];
    }),
  };
};
