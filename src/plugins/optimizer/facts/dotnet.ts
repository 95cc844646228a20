import type { FactReader, Member } from './facts.ts';
import { DOTNET } from './frameworks.ts';
import { placesOf } from './members.ts';
import { versionIn } from './plain.ts';

const PROJECT = /\.(?:cs|fs)proj$/;
const LISTED = /"([^"\n]{1,200}[\\/])[^"\\/\n]{1,200}\.(?:cs|fs)proj"/g;
const REFERENCE = /<Package(?:Reference|Version)\s+Include="([\w.-]+)"(?:\s+Version="([\w.+-]+)")?/g;

/** .NET projects and solutions. Only known packages count, since their feeds are configured elsewhere. */
export const dotnet: FactReader = async (folder) => {
  const solutions = folder.names.filter((name) => /\.slnx?$/.test(name));
  if (solutions.length === 0 && !folder.names.some((name) => PROJECT.test(name))) return undefined;
  const listed = (await Promise.all(solutions.map((name) => folder.read(name)))).join('\n');
  const paths = [...listed.matchAll(LISTED)].map((match) => match[1]!.replaceAll('\\', '/'));
  const { places } = await placesOf(folder, paths, ({ names }) => names.some((name) => PROJECT.test(name)));
  const files = [{ path: '', folder }, ...places].flatMap((place) =>
    place.folder.names
      .filter((name) => PROJECT.test(name) || name === 'Directory.Packages.props')
      .map((name) => ({ name, text: place.folder.read(name) })),
  );
  const text = (await Promise.all(files.map((file) => file.text))).join('\n');
  const web = text.includes('"Microsoft.NET.Sdk.Web"');
  const framework = /<TargetFramework>net(\d+\.\d+)/.exec(text)?.[1];
  return {
    languages: files.length > 0 && files.every(({ name }) => name.endsWith('.fsproj')) ? ['F#'] : ['C#'],
    packageManager: 'dotnet',
    commands: { test: 'dotnet test', build: 'dotnet build' },
    dependencies: [
      ...(web ? [{ name: 'Microsoft.NET.Sdk.Web', version: framework }] : []),
      ...[...text.matchAll(REFERENCE)].flatMap(([, name, version]) =>
        DOTNET.has(name!) ? [{ name: name!, version: versionIn(version) }] : [],
      ),
    ],
    known: DOTNET,
    members: places.map(({ path }): Member => ({ path, language: undefined })),
  };
};
