import type { Dependency, FactReader } from './facts.ts';
import { PHP } from './frameworks.ts';
import { fromJson, tableAt, textOf } from './manifest.ts';
import { versionIn } from './plain.ts';

/** PHP projects. The project's own vendor may be private, and every package where it names repositories. */
export const php: FactReader = async (folder) => {
  if (!folder.has('composer.json')) return undefined;
  const manifest = fromJson(await folder.read('composer.json'));
  const [scripts, vendor] = [tableAt(manifest, 'scripts'), textOf(manifest.name).split('/')[0]];
  const dependencies = ['require', 'require-dev'].flatMap((kind) =>
    Object.entries(tableAt(manifest, kind)).flatMap(([name, range]): Dependency[] => {
      const isPublic = name.includes('/') && name.split('/')[0] !== vendor && manifest.repositories === undefined;
      return isPublic || PHP.has(name) ? [{ name, version: versionIn(range), dev: kind !== 'require' }] : [];
    }),
  );
  const uses = (name: string) => dependencies.some((one) => one.name === name);
  const script = (...names: readonly string[]) => names.find((name) => Object.hasOwn(scripts, name));
  const [test, lint, types] = [
    script('test', 'tests'),
    script('lint', 'cs', 'check-style'),
    script('phpstan', 'analyse', 'types'),
  ];
  return {
    languages: ['PHP'],
    packageManager: 'composer',
    commands: {
      ...(lint ? { lint: `composer ${lint}` } : uses('laravel/pint') ? { lint: 'vendor/bin/pint --test' } : {}),
      ...(types
        ? { types: `composer ${types}` }
        : uses('phpstan/phpstan')
          ? { types: 'vendor/bin/phpstan analyse' }
          : {}),
      ...(test
        ? { test: `composer ${test}` }
        : uses('laravel/framework')
          ? { test: 'php artisan test' }
          : uses('phpunit/phpunit')
            ? { test: 'vendor/bin/phpunit' }
            : {}),
    },
    dependencies,
    known: PHP,
  };
};
