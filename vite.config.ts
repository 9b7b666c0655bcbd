import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { demoBackend } from './demo/vite-plugin-demo-backend.ts'

/** The export condition under which workspace packages resolve to their TypeScript: nothing has to be built. */
const fromSource = '@warm-agent/source'

/** What brings React 18 in place of the newest. */
const reactPackages = /^(react|react-dom|@testing-library\/react)(?=$|\/)/
const react18 = fileURLToPath(new URL('test/react-18/node_modules/', import.meta.url))

/** What tells from how things go over time wants the machine for itself: after all others, one by one. */
const alone = ['test/fleet.test.ts', 'packages/pool/test/latency.test.ts']
/** Components that name the same agent share a session, in one page. Here each file is a page of its own. */
const pages = ['packages/{react,testing}/test/**/*.test.{ts,tsx}', 'test/chat-clients/**/*.test.ts']
/** npm runs only on the Node that it came with: what needs it is not part of the matrix. */
const packaging = process.env.WARM_AGENT_TEST_MATRIX ? ['test/packaging/**/*.test.ts'] : []

const globalSetup = ['own-temporary-folder', 'no-aws-profile', 'prepare-machine'].map(name => `test/support/${name}.ts`)

export default defineConfig({
  root: 'demo',
  plugins: [react(), demoBackend()],
  resolve: { conditions: [fromSource, 'module', 'browser', 'development|production'] },
  ssr: {
    noExternal: [/^@warm-agent\//],
    resolve: {
      // Not `module`: vitest hands these to Node, which cannot load what the AWS SDK means for bundlers by it.
      conditions: [fromSource, 'node', 'development|production'],
      externalConditions: [fromSource, 'node'],
    },
  },
  test: {
    root: '.',
    // A process or a browser that starts beside others takes its time, and so does the end of one, or of a folder of packages.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    // Most files wait for processes and browsers: more of them than cores.
    maxWorkers: 3,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['packages/*/test/**/*.test.{ts,tsx}', 'test/**/*.test.ts', 'demo/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...alone, ...pages, ...packaging],
          // What a file loads, the SDK above all, the next one in its worker has: a third of the time of all tests is loading.
          isolate: false,
          globalSetup,
        },
      },
      {
        extends: true,
        test: { name: 'pages', include: pages, globalSetup },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          globalSetup,
        },
      },
      {
        extends: true,
        resolve: { alias: [{ find: reactPackages, replacement: `${react18}$&` }] },
        test: { name: 'react-18', include: ['packages/react/test/{use-*,devtools}.test.tsx'] },
      },
    ],
  },
})
