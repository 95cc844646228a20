import type { FactReader } from './facts.ts';
import { RUBY } from './frameworks.ts';

/** Ruby projects. Only known gems count, since a Gemfile may name sources of its own. */
export const ruby: FactReader = async (folder) => {
  if (!folder.has('Gemfile')) return undefined;
  const gemfile = await folder.read('Gemfile');
  const locked = [...(await folder.read('Gemfile.lock')).matchAll(/^ {4}([\w-]+) \((\d[\w.]*)\)/gm)];
  const versions = new Map(locked.map(([, name, version]) => [name!, version]));
  const gems = [...gemfile.matchAll(/^[ \t]*gem[ \t(]+["']([\w-]+)["']/gm)].map((match) => match[1]!);
  const test = gems.some((gem) => gem.startsWith('rspec')) || folder.has('.rspec') ? 'bundle exec rspec' : otherTests();
  function otherTests() {
    if (gems.includes('rails')) return 'bin/rails test';
    return folder.has('Rakefile') ? 'bundle exec rake test' : undefined;
  }
  const lints = folder.has('.rubocop.yml') || gems.some((gem) => gem.startsWith('rubocop'));
  return {
    languages: ['Ruby'],
    packageManager: 'bundler',
    commands: { ...(test ? { test } : {}), ...(lints ? { lint: 'bundle exec rubocop' } : {}) },
    dependencies: gems.filter((gem) => RUBY.has(gem)).map((name) => ({ name, version: versions.get(name) })),
    known: RUBY,
  };
};
