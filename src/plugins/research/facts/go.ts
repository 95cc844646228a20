import { type FactReader, isPlainName } from './facts.ts';

/** Go projects. Modules of the project's own host and owner may be private and are left out. */
export const go: FactReader = async (folder) => {
  if (!folder.names.has('go.mod')) return undefined;
  const manifest = await folder.read('go.mod');
  const own = /^module\s+(\S+)/m.exec(manifest)?.[1]?.split('/').slice(0, 2).join('/');
  const required = [...manifest.matchAll(/^(?:require)?\s+([\w./-]+)\s+v(\d[\w.+-]*)(?!.*indirect)/gm)];
  return {
    languages: ['Go'],
    packageManager: 'go',
    commands: { test: 'go test ./...', lint: 'go vet ./...', build: 'go build ./...' },
    packages: required.flatMap(([, name = '', version]) => {
      const foreign = own === undefined || !(name === own || name.startsWith(`${own}/`));
      return foreign && isPlainName(name) ? [`${name} ${version}`] : [];
    }),
  };
};
