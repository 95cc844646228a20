import type { Dependency, FactReader } from './facts.ts';
import { PHP } from './frameworks.ts';
import { isHarmless } from './harmless.ts';
import { phpSources } from './locks.ts';
import { fromJson, tableAt, textOf } from './manifest.ts';
import { versionIn } from './plain.ts';

/** PHP projects. The project's own vendor may be private, and every package where it names repositories. */
export const php: FactReader = async (folder) => {
  if (!folder.has('composer.json')) return undefined;
  const manifest = fromJson(await folder.read('composer.json'));
  const [scripts, vendor] = [tableAt(manifest, 'scripts'), textOf(manifest.name).split('/')[0]];
  const { elsewhere, unread } = await phpSources(folder);
  const replaced = unread || manifest.repositories !== undefined;
  const dependencies = ['require', 'require-dev'].flatMap((kind) =>
    Object.entries(tableAt(manifest, kind)).flatMap(([name, range]): Dependency[] => {
      const isOwn = elsewhere.has(name) || name.split('/')[0] === vendor;
      const isPublic = name.includes('/') && !isOwn && !replaced;
      return isPublic || PHP.has(name) ? [{ name, version: versionIn(range), dev: kind !== 'require' }] : [];
    }),
  );
  const uses = (name: string) => dependencies.some((one) => one.name === name);
  const script = (isTest: boolean, ...names: readonly string[]) =>
    names.find((name) => Object.hasOwn(scripts, name) && isHarmless(JSON.stringify(scripts[name]), isTest));
  const [test, lint, types] = [
    script(true, 'test', 'tests', 'test:ci', 'test:unit'),
    script(false, 'lint', 'lint:check', 'lint:ci', 'cs', 'check-style'),
    script(false, 'phpstan', 'analyse', 'types'),
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
    scripted: Object.keys(scripts).length > 0,
    dependencies,
    known: PHP,
    own: vendor && ![...PHP.keys()].some((name) => name.startsWith(`${vendor}/`)) ? [vendor] : [],
    replaced,
  };
};
