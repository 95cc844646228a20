import type { Dependency, FactReader, Member } from './facts.ts';
import { GO } from './frameworks.ts';
import { placesOf } from './members.ts';
import { isPlainPath } from './plain.ts';

/** Where modules lie that anybody can read; another host may be a company's own. */
const PUBLIC =
  /^(?:github\.com|gitlab\.com|codeberg\.org|bitbucket\.org|golang\.org|google\.golang\.org|cloud\.google\.com|go\.uber\.org|go\.opentelemetry\.io|k8s\.io|sigs\.k8s\.io)\//;
const LINTERS = ['.golangci.yml', '.golangci.yaml', '.golangci.toml', '.golangci.json'];
/** So many modules fit a command line that a person reads. */
const MOST_NAMED = 8;

/** Go projects. */
export const go: FactReader = async (folder) => {
  if (!folder.has('go.mod') && !folder.has('go.work')) return undefined;
  const used = linesOf(await folder.read('go.work'), 'use').map((path) => path.replace(/^\.\//, ''));
  const { places } = await placesOf(folder, used, (one) => one.has('go.mod'));
  const manifests = await Promise.all(
    [folder, ...places.map((place) => place.folder)].map((one) => one.read('go.mod')),
  );
  const named = places
    .map(({ path }) => path)
    .filter(isPlainPath)
    .slice(0, MOST_NAMED);
  const modules = [...(folder.has('go.mod') ? ['./...'] : []), ...named.map((path) => `./${path}/...`)].join(' ');
  const lint = LINTERS.some((file) => folder.has(file)) ? 'golangci-lint run' : 'go vet';
  const own = manifests.flatMap((text) => linesOf(text, 'module')).map(ownerOf);
  return {
    languages: ['Go'],
    packageManager: 'go',
    commands: modules ? { lint: `${lint} ${modules}`, test: `go test ${modules}`, build: `go build ${modules}` } : {},
    ...{ dependencies: dependenciesOf(manifests, own), own },
    known: GO,
    members: places.map(({ path }): Member => ({ path, language: 'Go' })),
  };
};

const ownerOf = (path: string) => path.split('/').slice(0, 2).join('/');

/** Without modules of the project's own host and owner, those that are replaced, and those of hosts that not everybody can read. */
function dependenciesOf(manifests: readonly string[], own: readonly string[]): Dependency[] {
  const replaced = new Set(manifests.flatMap((text) => linesOf(text, 'replace')).map((line) => line.split(/\s/)[0]));
  return manifests.flatMap((text) =>
    linesOf(text, 'require').flatMap((line) => {
      const [, path = '', version] = /^(\S+)[ \t]+v(\d[\w.+-]*)$/.exec(line) ?? [];
      const name = path.replace(/\/v\d+$/, '');
      const isOwn = own.some((owner) => name === owner || name.startsWith(`${owner}/`));
      return path === '' || isOwn || replaced.has(path) || !(PUBLIC.test(name) || GO.has(name))
        ? []
        : [{ name, version }];
    }),
  );
}

/** What stands after a word of go.mod or go.work, on its line or in its brackets; what is only needed indirectly is left out. */
function linesOf(text: string, word: string): string[] {
  let inside = false;
  return text.split(/\r?\n/).flatMap((line) => {
    const [code = '', comment = ''] = line.split('//', 2);
    const [first = '', ...rest] = code.trim().split(/[ \t]+/);
    if (!inside && first === word && rest[0] === '(') {
      inside = true;
      return [];
    }
    if (inside && first === ')') inside = false;
    const said = inside ? [first, ...rest] : first === word ? rest : [];
    return said.join('') === '' || comment.trim() === 'indirect' ? [] : [said.join(' ')];
  });
}
