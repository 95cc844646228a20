import type { FactReader } from './facts.ts';

/** Java and Kotlin projects. Their packages are not sent: a manifest does not tell public from private ones. */
export const jvm: FactReader = async ({ names }) => {
  const gradle = names.has('build.gradle') || names.has('build.gradle.kts');
  if (!gradle && !names.has('pom.xml')) return undefined;
  const tool = gradle ? (names.has('gradlew') ? './gradlew' : 'gradle') : names.has('mvnw') ? './mvnw' : 'mvn';
  return {
    languages: [names.has('build.gradle.kts') ? 'Kotlin' : 'Java'],
    packageManager: gradle ? 'gradle' : 'maven',
    commands: { test: `${tool} test`, build: `${tool} ${gradle ? 'build' : 'package'}` },
    packages: [],
  };
};
