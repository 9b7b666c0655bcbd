import { expect, test } from 'vitest'
import { summarise } from '../../src/bench/bench-result.ts'
import { renderReport } from '../../src/report/render-report.ts'
import { toTextTable } from '../../src/report/text-table.ts'
import { aResult, aSample } from './a-result.ts'

const times = { cold: [2_900, 3_000, 4_900], joined: [1_900, 2_000, 3_900], warm: [150, 160, 170] }

test('the report needs nothing but itself, and says what warming is worth', () => {
  const html = renderReport(aResult(times))
  expect(html).toContain('<h1>First token, median: 3.00&nbsp;s cold → 160&nbsp;ms pre-warmed</h1>')
  expect(html).not.toMatch(/<script|<link(?! rel="icon" href="data:,")|src=|@import|url\(http/)
  expect(html.match(/<svg/g)).toHaveLength(6)
  expect(html).toContain('prefers-color-scheme: dark')
  expect(html).toContain('@media print')
  expect(html).not.toMatch(/NaN|undefined|null</)
})

/** The labels of the distribution's horizontal axis, for each width in which it is drawn, with where they stand. */
function distributionLabels(html: string): { text: string; x: number }[][] {
  const figures = html.slice(html.indexOf('<h2>Distribution'), html.indexOf('<h2>Latency budget'))
  return [...figures.matchAll(/x-axis tick label[^>]*>(.*?)<\/g>/g)].map(([, texts = '']) =>
    [...texts.matchAll(/<text[^>]*translate\(([\d.]+)[^>]*?(?:\/>|>([^<]*))/g)].map(([, x, text = '']) => ({
      text,
      x: Number(x),
    })),
  )
}

test('no part of it has a name without a role, and no column is without a title', () => {
  const html = renderReport(aResult(times))
  expect(html.match(/<g (?![^>]*role=)[^>]*aria-label/g)).toBeNull()
  expect(html).not.toMatch(/<th[^>]*><\/th>/)
})

test('every tick of the distribution has its label, also in the narrow figure', () => {
  const html = renderReport(aResult({ cold: [12_700, 13_000, 13_400], warm: [18, 40, 90] }))
  const labels = distributionLabels(html).flat()
  expect(labels.length).toBeGreaterThan(8)
  expect(labels.filter(({ text }) => !text)).toEqual([])
})

test.each([
  [6, 7_000],
  [150, 900],
  [0.2, 30_000],
  [150, 4_900],
])('no label of the distribution lies on its neighbour: samples from %d to %d ms', (least, most) => {
  const figures = distributionLabels(renderReport(aResult({ cold: [most], warm: [least, 2 * least] })))
  expect(figures).toHaveLength(2)
  for (const labels of figures) {
    expect(labels.length).toBeGreaterThan(2)
    for (const [index, { text, x }] of labels.slice(1).entries()) {
      // A letter of 11 pixels is 7 wide at most, on average, in the fonts that systems bring.
      expect(x - (labels[index]?.x ?? 0)).toBeGreaterThan(7 * text.length)
    }
  }
})

test('what the agent is sent, and the command, are shown as text', () => {
  const html = renderReport(aResult(times, { message: '{"prompt":"<img src=x onerror=alert(1)>"}' }))
  expect(html).not.toContain('<img')
  expect(html).toContain('&#60;img')
})

test('of an agent without stamps, start-up alone is not claimed to be known', () => {
  const samples = [aSample(500, { handler: null }), aSample(600, { handler: null })]
  expect(summarise('cold', samples).startUp).toBeNull()
  expect(summarise('cold', [aSample(500)]).startUp?.max).toBe(482)
})

test('a part, a machine that was busy, and what was left behind are told before the numbers', () => {
  const result = aResult(times)
  const html = renderReport({
    ...result,
    endedBy: 'signal',
    generator: { ...result.generator, eventLoopDelayP99Ms: 300 },
    cost: { ...result.cost, notStopped: 2 },
  })
  expect(html).toMatch(/a part only.*2 sessions could not be stopped.*300 ms late[\s\S]*Latency comparison/)
  expect(toTextTable({ ...result, endedBy: 'max-cost' })).toContain('In part only')
})

test('a scenario without an answer has no percentiles, and one alone makes a report', () => {
  const result = aResult({ cold: [] })
  const html = renderReport(result)
  expect(html).toContain('No message was answered')
  expect(html).not.toMatch(/NaN|Infinity/)
  expect(renderReport(aResult({ steady: [5] }))).toContain('<h1>Time to the first token</h1>')
})

test('the table for a terminal has the percentiles of the samples', () => {
  expect(toTextTable(aResult(times)).trimEnd().split('\n')).toEqual([
    'From when a message was due to the first token of its answer, in milliseconds',
    expect.stringMatching(/^ +p50 +p90 +p95 +p99 +max +found$/),
    expect.stringMatching(/^cold +3000 +4520 +4710 +4862 +4900 +3 cold$/),
    expect.stringMatching(/^joined +2000 +3520/),
    expect.stringMatching(/^warm +160 +168 +169 +170 +170 +3 warm$/),
  ])
})
