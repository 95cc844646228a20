import { describe, expect, it, test } from 'vitest';
import { type Case, factsOf } from './facts-of.ts';

const scripts = (all: Readonly<Record<string, string>>) => ({ 'package.json': { scripts: all } });

describe('Node', () => {
  it.each<Case>([
    [
      'yarn',
      { ...scripts({ test: 'x' }), 'yarn.lock': '' },
      { packageManager: 'yarn', commands: { test: 'yarn test' } },
    ],
    [
      'bun',
      { ...scripts({ test: 'x' }), 'bun.lock': '' },
      { packageManager: 'bun', commands: { test: 'bun run test' } },
    ],
    ['a declared manager', { 'package.json': { packageManager: 'pnpm@10.1.0' } }, { packageManager: 'pnpm' }],
    ['npm init’s own test', scripts({ test: 'echo "Error: no test specified" && exit 1' }), { commands: {} }],
    [
      'a test that never ends',
      scripts({ test: 'jest --watch', 'test:ci': 'jest' }),
      { commands: { test: 'npm run test:ci' } },
    ],
    ['check as a linter', scripts({ check: 'biome check' }), { commands: { lint: 'npm run check' } }],
    ['check as a check of types', scripts({ check: 'tsc' }), { commands: { types: 'npm run check' } }],
  ])('%s', async (_, files, facts) => expect(await factsOf(files)).toMatchObject(facts));

  test('workspaces of npm and yarn', async () => {
    const members = { 'a/package.json': { scripts: { 'test:unit': 'x' } }, 'b/package.json': {} };
    const root = { workspaces: { packages: ['a', './b/'] } };
    const facts = await factsOf({ 'package.json': root, ...members });
    expect(facts.layout).toEqual(['a/ (JavaScript)', 'b/ (JavaScript)']);
    expect(facts.commands).toEqual({ test: 'npm run test:unit --workspaces --if-present' });
    expect((await factsOf({ 'package.json': root, ...members, 'yarn.lock': '' })).commands).toEqual({});
  });
});

it.each<Case>([
  [
    'a workspace of Cargo',
    {
      'Cargo.toml':
        '[workspace]\nmembers = ["crates/*"]\n[workspace.dependencies]\ntokio = { version = "1.42" }\ncore = "1"\n',
      'crates/core/Cargo.toml': '[package]\nname = "core"\n[dependencies]\ntokio = { workspace = true }\n',
      'crates/cli/Cargo.toml': '[package]\nname = "cli"\n[dependencies]\ncore = { workspace = true }\nclap = "4"\n',
    },
    {
      commands: {
        ...{ lint: 'cargo clippy --workspace', test: 'cargo test --workspace', build: 'cargo build --workspace' },
      },
      frameworks: ['Tokio 1.42', 'clap 4'],
      layout: ['crates/cli/ (Rust)', 'crates/core/ (Rust)'],
      packages: ['tokio 1.42', 'clap 4'],
    },
  ],
  [
    'a workspace of Go',
    {
      'go.work': 'go 1.24\n\nuse (\n\t./api\n\t./lib/x // shared\n\t../outside\n)\n',
      'api/go.mod':
        'module github.com/corp/api\nrequire github.com/corp/x v1.0.0\nrequire github.com/labstack/echo/v4 v4.12.0\n',
      'lib/x/go.mod': 'module github.com/corp/x\n',
    },
    {
      frameworks: ['Echo 4.12.0'],
      commands: {
        lint: 'go vet ./api/... ./lib/x/...',
        test: 'go test ./api/... ./lib/x/...',
        build: 'go build ./api/... ./lib/x/...',
      },
      layout: ['api/ (Go)', 'lib/x/ (Go)'],
      packages: ['github.com/labstack/echo 4.12.0'],
    },
  ],
  [
    'Maven',
    {
      'pom.xml':
        '<parent><groupId>org.springframework.boot</groupId>\n<artifactId>spring-boot-starter-parent</artifactId>\n<version>3.4.1</version></parent><modules><module>web</module></modules>',
      mvnw: '',
      'web/pom.xml':
        '<dependency><groupId>com.corp</groupId><artifactId>x</artifactId><version>1</version></dependency><dependency><groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter</artifactId><version>$(v)</version></dependency>',
      'web/src/main/java/A.java': '',
    },
    {
      languages: ['Java'],
      packageManager: 'maven',
      frameworks: ['Spring Boot 3.4.1', 'JUnit'],
      commands: { test: './mvnw test', build: './mvnw package' },
      layout: ['web/ (Java)'],
      packages: ['org.springframework.boot 3.4.1', 'org.junit'],
    },
  ],
  [
    'a version catalog of Gradle',
    {
      'build.gradle.kts': 'plugins { alias(libs.plugins.ktor) }',
      'gradle/libs.versions.toml':
        '[versions]\nktor = "3.0.2"\n[libraries]\nserver = { module = "io.ktor:ktor-server", version.ref = "ktor" }\nkotest = "io.kotest:kotest:5.9.1"\n[plugins]\nktor = { id = "io.ktor.plugin", version = { ref = "ktor" } }\ndetekt = { id = "io.gitlab.arturbosch.detekt", version = "1.23" }\n',
      'src/main/kotlin/A.kt': '',
    },
    {
      languages: ['Kotlin'],
      frameworks: ['Ktor 3.0.2', 'Kotest 5.9.1'],
      commands: { lint: 'gradle detekt', test: 'gradle test', build: 'gradle build' },
    },
  ],
  [
    '.NET',
    {
      'App.sln':
        'Project("{F}") = "Api", "src\\Api\\Api.csproj", "{G}"\nProject("{F}") = "X", "..\\X\\X.csproj", "{H}"\n',
      'src/Api/Api.csproj':
        '<Project Sdk="Microsoft.NET.Sdk.Web"><TargetFramework>net9.0</TargetFramework><PackageReference Include="Corp.Secret" Version="1.0" /><PackageReference Include="xunit" Version="2.9.2" /></Project>',
    },
    {
      languages: ['C#'],
      frameworks: ['ASP.NET Core 9.0', 'xUnit 2.9.2'],
      commands: { test: 'dotnet test', build: 'dotnet build' },
      layout: ['src/Api/'],
      packages: ['Microsoft.NET.Sdk.Web 9.0', 'xunit 2.9.2'],
    },
  ],
  [
    'Ruby',
    {
      Gemfile:
        "source 'https://gems.example'\ngem 'rails', '~> 8.0'\ngem \"corp-secret\"\ngem 'rubocop', require: false\n",
      'Gemfile.lock': 'GEM\n  specs:\n    rails (8.0.1)\n      actionpack (= 8.0.1)\n',
      'app/x.rb': '',
    },
    {
      languages: ['Ruby'],
      frameworks: ['Rails 8.0.1'],
      commands: { lint: 'bundle exec rubocop', test: 'bin/rails test' },
      packages: ['rails 8.0.1'],
    },
  ],
  ['RSpec', { Gemfile: "gem 'rspec'" }, { commands: { test: 'bundle exec rspec' }, frameworks: ['RSpec'] }],
  ['Rake', { Gemfile: '', Rakefile: '' }, { commands: { test: 'bundle exec rake test' } }],
  [
    'PHP',
    {
      'composer.json': {
        name: 'corp/app',
        require: { php: '^8.3', 'ext-json': '*', 'laravel/framework': '^11.0', 'corp/secret': '1.0', 'x/y': '^2.1' },
        'require-dev': { 'laravel/pint': '^1.0' },
        scripts: { analyse: 'phpstan' },
      },
    },
    {
      languages: ['PHP'],
      frameworks: ['Laravel 11.0', 'Pint 1.0'],
      commands: { lint: 'vendor/bin/pint --test', types: 'composer analyse', test: 'php artisan test' },
      packages: ['laravel/framework 11.0', 'laravel/pint 1.0', 'x/y 2.1'],
    },
  ],
  [
    'Elixir',
    { 'mix.exs': '' },
    {
      languages: ['Elixir'],
      commands: { lint: 'mix format --check-formatted', test: 'mix test', build: 'mix compile' },
    },
  ],
  [
    'Flutter',
    { 'pubspec.yaml': 'dependencies:\n  flutter:\n    sdk: flutter\n' },
    { commands: { lint: 'flutter analyze', test: 'flutter test' } },
  ],
  [
    'make before just before task',
    {
      Makefile: 'test:\n',
      justfile: '@lint *args:\n  x\ntest:\n',
      'Taskfile.yml': 'tasks:\n  build:\n    cmds: []\n  test:\n',
    },
    { commands: { lint: 'just lint', test: 'make test', build: 'task build' } },
  ],
  [
    'a manifest before a Makefile',
    { ...scripts({ test: 'x' }), Makefile: 'test: x\nlint: x\nbuild := x\n' },
    { commands: { lint: 'make lint', test: 'npm test' } },
  ],
])('%s', async (_, files, facts) => expect(await factsOf(files)).toMatchObject(facts));
