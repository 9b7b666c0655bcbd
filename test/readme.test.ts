import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { type Figures, naiveSentence } from './bench/readme-figures.ts'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')
const readme = await read('../README.md')
const result = JSON.parse(await read('bench/result.json'))

/** The line after a marker, and the rest of the document. */
function after(marker: string): string {
  return readme.split(`<!-- bench: ${marker} -->\n`)[1] ?? ''
}

test('the first figures of the README are those of the committed bench', () => {
  const { cold, warm } = result.results
  expect(after('first-message')).toContain(`**${cold.p50Ms} ms cold → ${warm.p50Ms} ms pre-warmed**`)
})

test.each(['cold', 'joined', 'warm', 'steady'] as const)('the row "%s" of its table too', scenario => {
  const { p50Ms, p90Ms, p99Ms } = result.results[scenario]
  const row = after('table')
    .split('\n')
    .find(line => line.startsWith(`| \`${scenario}\``))
  const cells = row?.split('|').map(cell => cell.trim())
  expect(cells?.slice(2, 5)).toEqual([p50Ms, p90Ms, p99Ms].map(String))
})

test('every row of its table was measured, and what it says of the usual snippet too', () => {
  const results: Record<string, Figures> = result.results
  const names = [
    ...(after('table')
      .split('\n\n')[0]
      ?.matchAll(/^\| `(\w+)`/gm) ?? []),
  ].map(([, name]) => name ?? '')
  expect(names.length).toBeGreaterThanOrEqual(4)
  for (const name of names) expect(results).toHaveProperty(name)
  const naive = naiveSentence(results)
  expect(after('naive').split('\n')[0]).toBe(naive ?? '')
})

test('its claims about outcomes are those of the committed bench', () => {
  const { conversations } = result.setup
  expect(result.results.cold.outcomes).toEqual({ cold: conversations })
  expect(result.results.joined.outcomes).toEqual({ joined: conversations })
  expect(result.results.warm.outcomes).toEqual({ warm: conversations })
})
