import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRepositoryFacts } from '../../../src/plugins/research/repository-facts.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-facts-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function factsOf(files: Readonly<Record<string, string | object>>) {
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return readRepositoryFacts(folder);
}

const NOTHING = { languages: [], packageManager: undefined, commands: {}, guides: [], packages: [] };

it('npm and TypeScript', async () => {
  const scripts = { test: 'vitest', lint: 'biome', typecheck: 'tsc', build: 'tsc -b', deploy: 'x' };
  const dependencies = { react: '^19.1.0', '@scope/x': '~2.0.0-rc.1' };
  const facts = await factsOf({
    'package.json': { scripts, dependencies, devDependencies: { typescript: '7.0.2' } },
    'CLAUDE.md': 'x',
    'AGENTS.md': 'x',
  });
  expect(facts).toEqual({
    languages: ['TypeScript'],
    packageManager: 'npm',
    commands: { test: 'npm test', lint: 'npm run lint', types: 'npm run typecheck', build: 'npm run build' },
    guides: ['CLAUDE.md', 'AGENTS.md'],
    packages: ['react 19.1.0', '@scope/x 2.0.0-rc.1', 'typescript 7.0.2'],
  });
});

it.each([
  ['pnpm-lock.yaml', 'pnpm', 'pnpm test'],
  ['yarn.lock', 'yarn', 'yarn test'],
  ['bun.lock', 'bun', 'bun run test'],
])('%s means %s', async (lock, packageManager, test) => {
  const facts = await factsOf({ 'package.json': { scripts: { test: 'x' } }, [lock]: '' });
  expect(facts).toMatchObject({ packageManager, commands: { test }, languages: ['JavaScript'] });
});

it('takes the declared manager, and npm init’s own test script as none', async () => {
  const scripts = { test: 'echo "Error: no test specified" && exit 1' };
  expect(await factsOf({ 'package.json': { packageManager: 'pnpm@10.1.0', scripts } })).toMatchObject({
    packageManager: 'pnpm',
    commands: {},
  });
});

it('leaves out packages that may be private', async () => {
  const dependencies = {
    '@corp/secret': '1.0.0',
    '@inner/tool': '1.0.0',
    local: 'file:../local',
    linked: 'workspace:*',
    forked: 'git+ssh://git@host/x.git',
    tarball: 'https://host/x.tgz',
    'evil\nname': '1.0.0',
    '"; ignore this': '1.0.0',
    odd: 5,
    zod: '>=4.0.0',
  };
  const facts = await factsOf({
    'package.json': { name: '@corp/app', dependencies },
    '.npmrc': '@inner:registry=https://npm.inner.example\n',
  });
  expect(facts.packages).toEqual(['zod 4.0.0']);
});

it('keeps at most 40 packages', async () => {
  const dependencies = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`p${index}`, '1.0.0']));
  expect((await factsOf({ 'package.json': { dependencies } })).packages).toHaveLength(40);
});

it('Python with uv', async () => {
  const project = `[project]
name = "app"
dependencies = [
  "fastapi[standard]>=0.115",  # web
  "httpx",
  "inner @ git+ssh://git@host/inner.git",
]

[tool.ruff]
line-length = 100
[tool.mypy]
strict = true
[tool.pytest.ini_options]
`;
  expect(await factsOf({ 'pyproject.toml': project, 'uv.lock': '' })).toMatchObject({
    languages: ['Python'],
    packageManager: 'uv',
    commands: { test: 'uv run pytest', lint: 'uv run ruff check .', types: 'uv run mypy .' },
    packages: ['fastapi 0.115', 'httpx'],
  });
});

it('Python with poetry, and with requirements.txt', async () => {
  const poetry = '[tool.poetry.dependencies]\npython = "^3.12"\ndjango = "^5.1"\nmine = { path = "../mine" }\n';
  expect(await factsOf({ 'pyproject.toml': poetry, 'poetry.lock': '' })).toMatchObject({
    packageManager: 'poetry',
    packages: ['django 5.1'],
  });
  const requirements =
    'flask==3.1.0\n# comment\n-e ./mine\n-r other.txt\n./wheel.whl\nrequests>=2; python_version>"3"\npytest\n';
  expect(await factsOf({ 'pyproject.toml': '', 'requirements.txt': requirements })).toMatchObject({
    commands: { test: 'poetry run pytest' },
    packages: ['flask 3.1.0', 'requests 2', 'pytest'],
  });
});

it('Rust', async () => {
  const cargo =
    '[package]\nname = "app"\n[dependencies]\nserde = { version = "1.0", features = ["derive"] }\ntokio = "1.40"\nmine = { path = "../mine", version = "0.1" }\n[dev-dependencies]\nx = "1"\n';
  expect(await factsOf({ 'Cargo.toml': cargo })).toMatchObject({
    languages: ['Rust'],
    commands: { test: 'cargo test', lint: 'cargo clippy', build: 'cargo build' },
    packages: ['serde 1.0', 'tokio 1.40'],
  });
});

it('Go', async () => {
  const mod =
    'module github.com/corp/app\n\ngo 1.24\n\nrequire (\n\tgithub.com/gin-gonic/gin v1.10.0\n\tgithub.com/corp/secret v0.1.0\n\tgolang.org/x/net v0.30.0 // indirect\n)\nrequire github.com/x/y v2.0.0\n';
  expect(await factsOf({ 'go.mod': mod })).toMatchObject({
    commands: { test: 'go test ./...' },
    packages: ['github.com/gin-gonic/gin 1.10.0', 'github.com/x/y 2.0.0'],
  });
});

it('Java and Kotlin', async () => {
  expect(await factsOf({ 'pom.xml': '', mvnw: '' })).toMatchObject({
    languages: ['Java'],
    commands: { test: './mvnw test' },
  });
  expect(await factsOf({ 'build.gradle.kts': '', gradlew: '' })).toMatchObject({
    languages: ['Kotlin'],
    packageManager: 'gradle',
    commands: { test: './gradlew test', build: './gradlew build' },
  });
});

it('a Makefile fills in what nothing else knows', async () => {
  const makefile = 'test: build\n\tx\nlint :\n\tx\nbuild := release\n';
  expect((await factsOf({ Makefile: makefile })).commands).toEqual({ test: 'make test', lint: 'make lint' });
  expect((await factsOf({ 'package.json': { scripts: { test: 'x' } } })).commands).toEqual({
    test: 'npm test',
    lint: 'make lint',
  });
});

it('knows nothing of an empty or missing folder', async () => {
  expect(await factsOf({})).toEqual(NOTHING);
  expect(await readRepositoryFacts(join(folder, 'missing'))).toEqual(NOTHING);
});

it.each(['', '{', '[]', '42', 'null', '{"scripts":5,"dependencies":[],"name":{}}'])(
  'survives package.json %j',
  async (text) => {
    expect(await factsOf({ 'package.json': text })).toMatchObject({
      languages: ['JavaScript'],
      commands: {},
      packages: [],
    });
  },
);

it('reads no link, folder or huge file', async () => {
  await writeFile(join(folder, 'elsewhere'), JSON.stringify({ scripts: { test: 'x' } }));
  await symlink(join(folder, 'elsewhere'), join(folder, 'package.json'));
  await mkdir(join(folder, 'Cargo.toml'));
  await writeFile(join(folder, 'go.mod'), 'require a/b v1.0.0\n'.repeat(60_000));
  expect(await readRepositoryFacts(folder)).toMatchObject({ packages: [], commands: { test: 'cargo test' } });
});
