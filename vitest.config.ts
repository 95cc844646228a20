import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const alias = {
  'milton-orchestrator/testing': here('./src/testing.ts'),
  'milton-orchestrator': here('./src/index.ts'),
};

/** Begins with the files that start most processes: one of them that began last would keep the other workers idle for long. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const slow = ({ moduleId }: TestSpecification) =>
      /agent-contract|kill|[/]cli[/]|[/]execute[/]|sender|trouble/.test(moduleId);
    return [...sorted.filter(slow), ...sorted.filter((file) => !slow(file))];
  }
}

// What is waited for may take long on a busy machine; it ends the wait as soon as it comes.
const expect = { poll: { timeout: 30_000, interval: 20 } };

const unit = {
  globalSetup: ['test/support/build.ts'],
  include: ['test/**/*.test.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect,
};

/**
 * What looks at its own process (sockets, timers, environment, current folder) or brings hooks along gets a process of its own; to start
 * one for each of the others would take a fifth of the time.
 */
const ALONE = [
  'test/{cli,config}/**/*.test.ts',
  'test/pipeline/{services,store}/**/*.test.ts',
  'test/pipeline/run/kill.test.ts',
  'test/transports/ntfy/hearing/**/*.test.ts',
  'test/transports/ntfy/server/connect.test.ts',
];

export default defineConfig({
  resolve: { alias },
  test: {
    // Most tests wait for processes and servers, so that two workers more than a small machine has cores keep them busy.
    maxWorkers: 4,
    sequence: { sequencer: SlowFirst },
    coverage: {
      provider: 'v8',
      include: ['src/**', 'config/**'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { 'src/pipeline/**': { lines: 90 }, 'src/plugins/**': { lines: 90 } },
    },
    projects: [
      { resolve: { alias }, test: { ...unit, name: 'unit', exclude: ['test/e2e/**', ...ALONE], isolate: false } },
      { resolve: { alias }, test: { ...unit, name: 'unit-alone', include: ALONE } },
      {
        resolve: { alias },
        test: {
          name: 'e2e',
          globalSetup: ['test/support/build.ts'],
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          expect,
          fileParallelism: false,
        },
      },
    ],
  },
});
