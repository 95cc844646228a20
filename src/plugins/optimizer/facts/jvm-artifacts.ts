import type { Dependency } from './facts.ts';
import { JVM } from './frameworks.ts';
import { fromToml, tableAt, textOf } from './manifest.ts';
import { versionIn } from './plain.ts';

/** `group:artifact:version`, or the id of a plugin with its version. */
const GRADLE =
  /["']([\w.-]+)(?::[\w.-]+)?(?::([\w.+-]+))?(?:@\w+)?["'](?:\)?[ \t]*version[ \t]*\(?[ \t]*["']([\w.+-]+)["'])?/g;
const MAVEN = /<groupId>([^<\s]+)<\/groupId>\s*<artifactId>[^<\s]+<\/artifactId>(?:\s*<version>([^<\s]+)<\/version>)?/g;

/** The known artifacts that build files and a version catalog of Gradle name, by their group. */
export function artifactsIn(builds: readonly string[], catalog: string): Dependency[] {
  const named = builds.flatMap((build) => {
    const gradle = build.replace(/\bkotlin\("(\w+)"\)/g, 'id("org.jetbrains.kotlin.$1")');
    return [...gradle.matchAll(GRADLE), ...build.matchAll(MAVEN)].map(
      ([, group, version, ofPlugin]) => [group!, version ?? ofPlugin] as const,
    );
  });
  return [...named, ...inCatalog(catalog)].flatMap(([group, version]) => {
    const name = groups.find((known) => group === known || group.startsWith(`${known}.`));
    return name === undefined ? [] : [{ name, version: versionIn(version) }];
  });
}

const groups = [...JVM.keys()];

function inCatalog(text: string): (readonly [string, string])[] {
  const { versions, libraries, plugins } = fromToml(text);
  return [libraries, plugins].flatMap((kind) =>
    Object.values(tableAt(kind)).map((value) => {
      const { module, group, id, version } = tableAt(value);
      const [first = '', , last = ''] = [value, module, group, id].map(textOf).find(Boolean)?.split(':') ?? [];
      const reference = textOf(tableAt(version).ref);
      return [first, textOf(reference ? tableAt(versions)[reference] : version) || last] as const;
    }),
  );
}
