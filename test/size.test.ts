import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

/** What an independent bundler makes of an entry, minified and gzipped, in bytes; React itself does not count. */
function sizeOf(entry: string): number {
  const options = ['--bundle', '--minify', '--format=esm', '--conditions=@warm-agent/source', '--external:react']
  return gzipSync(execFileSync('node_modules/.bin/esbuild', [entry, ...options]), { level: 9 }).byteLength
}

// The goal is 3.5 kB and 4.0 kB. These ceilings are where the bundles stand, so that they do not grow on the way there.
test.each([
  ['client', 6_700],
  ['react', 7_500],
])('@warm-agent/%s is at most %i bytes, gzipped', (name, ceiling) => {
  expect(sizeOf(`packages/${name}/src/index.ts`)).toBeLessThanOrEqual(ceiling)
})

test('no server code, and nothing of a test, is in a browser bundle', () => {
  const options = [
    '--bundle',
    '--format=esm',
    '--conditions=@warm-agent/source',
    '--external:react',
    '--platform=browser',
  ]
  const text = execFileSync('node_modules/.bin/esbuild', ['packages/react/src/index.ts', ...options]).toString()
  for (const stranger of ['node:', '@aws-sdk', 'jose', 'zod', 'msw']) {
    expect(text).not.toMatch(new RegExp(`from ["'][^"']*${stranger}`))
    expect(text).not.toContain(`node_modules/${stranger}`)
  }
})
