import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/*.int.test.ts', '**/node_modules/**'],
          // They share no state but modules, which are then read in once for each worker instead of once for each file.
          isolate: false,
          // They wait for nothing; the limit is for hostile inputs on a slow machine that also counts coverage.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['packages/*/src/**/*.int.test.ts', 'tests/**/*.test.ts'],
          exclude: ['tests/e2e/**', '**/node_modules/**'],
          globalSetup: ['tests/services.ts'],
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['tests/e2e/**/*.test.ts'],
          globalSetup: ['tests/e2e/support/setup.ts'],
          // One browser at a time: two would take each other's processor.
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: [
        '**/*.test.ts',
        '**/*.contract.ts',
        '**/fixtures.ts',
        '**/testing.ts',
        '**/testing/**',
        '**/test-db.ts',
        // These need a browser: hooks, history, clipboard, pictures, and the page of fixtures. The browser tests run them,
        // and what they run is not counted here.
        'packages/web/src/**/use-*.ts',
        'packages/web/src/app/**',
        'packages/web/src/features/fixtures/**',
        'packages/web/src/features/chat/chat-context.ts',
        'packages/web/src/shell/{router,viewport}.ts',
        'packages/web/src/lib/copy-text.ts',
        'packages/web/src/lib/images/browser.ts',
      ],
    },
  },
});
