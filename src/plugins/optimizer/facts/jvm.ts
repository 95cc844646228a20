import type { Commands, FactReader, Member } from './facts.ts';
import type { Folder } from './folder.ts';
import { JVM } from './frameworks.ts';
import { artifactsIn } from './jvm-artifacts.ts';
import { placesOf } from './members.ts';

const BUILDS = ['build.gradle.kts', 'build.gradle', 'pom.xml'];
const SETTINGS = ['settings.gradle.kts', 'settings.gradle'];
/** Linters by what a build names them, with the task of Gradle and the goal of Maven. */
const LINTERS = [
  ['spotless', 'spotlessCheck', 'spotless:check'],
  ['ktlint', 'ktlintCheck', 'ktlint:check'],
  ['detekt', 'detekt', 'detekt:check'],
  ['checkstyle', 'checkstyleMain', 'checkstyle:check'],
] as const;

/** Java and Kotlin projects. Of their packages only known ones count: a build file does not tell public from private ones. */
export const jvm: FactReader = async (folder) => {
  const gradle = [...BUILDS.slice(0, 2), ...SETTINGS].some((file) => folder.has(file));
  if (!gradle && !folder.has('pom.xml')) return undefined;
  const settings = (await Promise.all(SETTINGS.map((file) => folder.read(file)))).join('\n');
  const root = await buildOf(folder);
  const paths = gradle
    ? includedIn(settings)
    : [...root.matchAll(/<module>([^<\s]+)<\/module>/g)].map((match) => match[1]!);
  const { places } = await placesOf(folder, paths, (one) => BUILDS.some((file) => one.has(file)));
  const modules = await Promise.all(
    places.map(async (place) => {
      const build = await buildOf(place.folder);
      return { path: place.path, build, languages: await languagesOf(place.folder, build) };
    }),
  );
  const catalog = await (await folder.open('gradle')).read('libs.versions.toml');
  const builds = [root, ...modules.map(({ build }) => build)];
  const languages = new Set([await languagesOf(folder, root), ...modules.map((each) => each.languages)].flat());
  return {
    languages: languages.size > 0 ? [...languages] : ['Java'],
    packageManager: gradle ? 'gradle' : 'maven',
    commands: commandsOf(folder, gradle, `${builds.join('\n')}\n${catalog}`),
    dependencies: artifactsIn(builds, catalog),
    known: JVM,
    members: modules.map(({ path, languages: [language] }): Member => ({ path, language })),
  };
};

const buildOf = async (folder: Folder) => (await Promise.all(BUILDS.map((file) => folder.read(file)))).join('\n');

/** By the sources where they lie in the usual place: a build in Kotlin may build Java. */
async function languagesOf(folder: Folder, build: string): Promise<string[]> {
  const main = await folder.open('src/main');
  const named = /\bkotlin\(|org\.jetbrains\.kotlin|kotlin-maven-plugin/.test(build);
  const kotlin = main.folders.includes('kotlin') || (named && !main.folders.includes('java'));
  return [...(kotlin ? ['Kotlin'] : []), ...(main.folders.includes('java') ? ['Java'] : [])];
}

/** The folders of `include(":app", ":lib:core")`. */
function includedIn(settings: string): string[] {
  const lists = settings.matchAll(/\binclude\b[ \t]*\(?((?:\s*["'][\w:./-]{1,200}["']\s*,?)+)/g);
  const quoted = [...lists].flatMap(([, list]) => [...list!.matchAll(/["']([^"']+)["']/g)].map((match) => match[1]!));
  return quoted.map((path) => path.replace(/^:/, '').replaceAll(':', '/'));
}

function commandsOf(folder: Folder, gradle: boolean, builds: string): Commands {
  const wrapper = gradle ? 'gradlew' : 'mvnw';
  const tool = folder.has(wrapper) ? `./${wrapper}` : gradle ? 'gradle' : 'mvn';
  const linter = LINTERS.find(([name]) => builds.includes(name))?.[gradle ? 1 : 2];
  return {
    ...(linter ? { lint: `${tool} ${linter}` } : {}),
    ...{ test: `${tool} test`, build: `${tool} ${gradle ? 'build' : 'package'}` },
  };
}
