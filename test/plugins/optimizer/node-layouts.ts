import type { Layout } from './layout.ts';

/** Repositories of npm and pnpm. */
export const NODE_LAYOUTS: Readonly<Record<string, Layout>> = {
  npm: {
    files: {
      'package.json': {
        name: 'shop',
        scripts: { test: 'vitest run', lint: 'biome check', typecheck: 'tsc', build: 'next build', deploy: 'x' },
        dependencies: { next: '^15.2.0', react: '^19.1.0', '@stripe/stripe-js': '~5.0.0-rc.1' },
        devDependencies: { typescript: '5.9.2', vitest: '^3.2.0', '@playwright/test': '1.55.0' },
      },
      'package-lock.json': {
        packages: {
          '': { name: 'shop' },
          'node_modules/next': { version: '15.2.4', resolved: 'https://packages.example/next.tgz' },
          'node_modules/vitest': { version: '3.2.1', resolved: 'https://packages.example/vitest.tgz' },
        },
      },
      'tsconfig.json': {},
      'CLAUDE.md': 'x',
      'AGENTS.md': 'x',
      '.gitignore': 'node_modules\n/generated/\n*.log\n',
      'src/page.tsx': '',
      'public/icon.svg': '',
      'e2e/login.spec.ts': '',
      'docs/start.md': '',
      'generated/client.ts': '',
      'node_modules/react/package.json': {},
      '.github/workflows/ci.yml': '',
      '.vscode/settings.json': '',
    },
    facts: {
      languages: ['TypeScript'],
      packageManager: 'npm',
      frameworks: ['Next.js 15.2.4', 'React 19.1.0', 'Vitest 3.2.1', 'Playwright 1.55.0'],
      commands: { lint: 'npm run lint', types: 'npm run typecheck', test: 'npm test', build: 'npm run build' },
      guides: ['CLAUDE.md', 'AGENTS.md'],
      layout: ['src/', 'public/', 'e2e/', 'docs/', '.github/'],
      packages: [
        ...['next 15.2.4', 'react 19.1.0', 'vitest 3.2.1', '@playwright/test 1.55.0'],
        ...['@stripe/stripe-js 5.0.0-rc.1', 'typescript 5.9.2'],
      ],
    },
  },

  pnpm: {
    files: {
      'package.json': {
        name: 'site',
        scripts: { 'test:unit': 'vitest run', check: 'svelte-check', lint: 'eslint .', build: 'vite build' },
        devDependencies: { svelte: '^5.0.0', '@sveltejs/kit': '^2.5.0', vite: '^6.0.0', eslint: '^9.0.0' },
      },
      'pnpm-lock.yaml': '',
      'src/routes/+page.svelte': '',
      'static/x.png': '',
    },
    facts: {
      languages: ['JavaScript'],
      packageManager: 'pnpm',
      frameworks: ['SvelteKit 2.5.0', 'Svelte 5.0.0', 'Vite 6.0.0'],
      commands: {
        ...{ lint: 'pnpm run lint', types: 'pnpm run check', test: 'pnpm run test:unit', build: 'pnpm run build' },
      },
      layout: ['src/', 'static/'],
      packages: ['@sveltejs/kit 2.5.0', 'svelte 5.0.0', 'vite 6.0.0', 'eslint 9.0.0'],
    },
  },

  monorepo: {
    files: {
      'package.json': {
        name: 'root',
        private: true,
        packageManager: 'pnpm@10.1.0',
        scripts: { build: 'turbo build' },
        devDependencies: { turbo: '^2.3.0', typescript: '^5.9.0' },
      },
      'pnpm-workspace.yaml': `# what belongs to it
packages:
  - 'apps/*'   # what is shipped
  - "packages/**"
- tools/cli
  - '!packages/old'
catalog:
  hono: ^4.6.0
  '@hono/zod-validator': "0.4.1"
`,
      'apps/web/package.json': {
        name: '@shop/web',
        scripts: { test: 'vitest', lint: 'eslint .' },
        dependencies: { react: '^19.0.0', '@shop/ui': 'workspace:*', helpers: '^1.0.0' },
      },
      'apps/web/tsconfig.json': {},
      'apps/api/package.json': {
        name: '@shop/api',
        scripts: { test: 'vitest' },
        dependencies: { hono: 'catalog:', '@hono/zod-validator': 'catalog:', '@shop/secret': '1.0.0', react: '18.0.0' },
      },
      'apps/readme.md': '',
      'packages/ui/package.json': { name: '@shop/ui', devDependencies: { typescript: '^5.9.0' } },
      'packages/shared/helpers/package.json': { name: 'helpers' },
      'packages/old/package.json': { name: 'old', dependencies: { express: '3.0.0' } },
      'tools/cli/package.json': { name: 'tool' },
      'docs/x.md': '',
    },
    facts: {
      languages: ['TypeScript'],
      packageManager: 'pnpm',
      frameworks: ['React 19.0.0', 'Hono 4.6.0', 'Turborepo 2.3.0'],
      commands: { lint: 'pnpm -r run lint', test: 'pnpm -r run test', build: 'pnpm run build' },
      layout: [
        ...['apps/api/ (JavaScript)', 'apps/web/ (TypeScript)', 'packages/shared/helpers/ (JavaScript)'],
        ...['packages/ui/ (TypeScript)', 'tools/cli/ (JavaScript)', 'docs/'],
      ],
      packages: ['react 19.0.0', 'hono 4.6.0', 'turbo 2.3.0', '@hono/zod-validator 0.4.1', 'typescript 5.9.0'],
    },
  },
};
