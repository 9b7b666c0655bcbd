import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

/** What an independent bundler makes of a package for a browser; React itself does not count. */
function bundle(name: string, ...more: string[]): Buffer {
  const entry = ['packages', name, 'src', 'index.ts'].join('/')
  const options = ['--bundle', '--format=esm', '--conditions=@warm-agent/source', '--external:react']
  return execFileSync('node_modules/.bin/esbuild', [entry, ...options, ...more])
}

// The goal is 3.5 kB and 4.0 kB. These ceilings are where the bundles stand, so that they do not grow on the way there.
test.each([
  ['client', 7_430],
  ['react', 8_220],
])('@warm-agent/%s is at most %i bytes, minified and gzipped', (name, ceiling) => {
  expect(gzipSync(bundle(name, '--minify'), { level: 9 }).byteLength).toBeLessThanOrEqual(ceiling)
})

test('no server code, and nothing of a test, is in a browser bundle', () => {
  const text = bundle('react').toString()
  for (const stranger of ['node:', '@aws-sdk', 'jose', 'zod', 'msw']) {
    expect(text).not.toMatch(new RegExp(`from ["']${stranger}`))
    expect(text).not.toContain(`node_modules/${stranger}`)
  }
})
