import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { demoBackend } from './demo/vite-plugin-demo-backend.ts'

/** The export condition under which workspace packages resolve to their TypeScript: nothing has to be built. */
const fromSource = '@warm-agent/source'

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
    include: ['packages/*/test/**/*.test.{ts,tsx}', 'test/**/*.test.ts', 'demo/**/*.test.ts'],
    globalSetup: 'test/support/prepare-machine.ts',
    testTimeout: 10_000,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
})
