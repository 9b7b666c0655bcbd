import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { earlyScript } from '@warm-agent/client/early'
import { expect, test } from 'vitest'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')
const readme = await read('../README.md')
const { setup, results } = JSON.parse(await read('../../../test/bench/early-result.json'))
const claim = readme.split('<!-- bench: early -->\n')[1]?.split('\n')[0]

test('the figures of the README are those of the committed measurement', () => {
  const { hook, script } = results
  expect(claim).toContain(`**${hook.p50Ms} ms with the hook alone → ${script.p50Ms} ms with the script**`)
})

test('so is what they were measured with', () => {
  const { bundleBytes, cpuSlowdown, downKbps, latencyMs } = setup
  expect(claim).toContain(`${Math.round(bundleBytes / 1000)} kB of JavaScript`)
  expect(claim).toContain(`slowed down ${cpuSlowdown} times, at ${downKbps / 1000} Mbit/s and ${latencyMs} ms`)
})

test('the script has the size that the README claims, give or take 25 bytes', async () => {
  const claimed = Number(/script of some (\d+) bytes/.exec(readme)?.[1])
  expect(Math.abs(gzipSync((await earlyScript()).script).length - claimed)).toBeLessThanOrEqual(25)
})
