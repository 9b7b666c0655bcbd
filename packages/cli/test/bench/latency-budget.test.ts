import fc from 'fast-check'
import { expect, test } from 'vitest'
import { latencyBudget, startUpMs } from '../../src/bench/latency-budget.ts'
import { aSample } from './a-result.ts'

test('a joined message: every stage by the clock that saw it', () => {
  const seen = aSample(1_000, {
    lateMs: 10,
    headersMs: 990,
    proxy: { joinMs: 600, agentMs: 370 },
    handler: { initialiseMs: 50, firstOutputMs: 200, exitMs: 300 },
    lastTokenMs: 1_400,
  })
  const budget = latencyBudget(seen)
  expect(budget).toEqual({ late: 10, client: 10, join: 600, platform: 180, initialise: 50, handler: 150, stream: 400 })
  expect(startUpMs(budget)).toBe(850)
})

test('past the proxy and without stamps, all of it is the platform’s', () => {
  const { platform, handler, client } = latencyBudget(aSample(500, { proxy: null, handler: null }))
  expect([client, platform, handler]).toEqual([0, 500, 0])
})

const ms = fc.double({ min: 0, max: 5_000, noNaN: true })

test('the stages are never below 0 and sum up to the end-to-end time, also where the clocks contradict each other', () => {
  fc.assert(
    fc.property(ms, ms, ms, ms, ms, ms, ms, (late, headers, first, last, join, agent, handler) => {
      const firstTokenMs = late + headers + first
      const budget = latencyBudget(
        aSample(firstTokenMs, {
          lateMs: late,
          headersMs: late + headers,
          lastTokenMs: firstTokenMs + last,
          // As a proxy in the same request: what it measured lies within what the client measured.
          proxy: { joinMs: Math.min(join, headers), agentMs: agent },
          handler: { initialiseMs: handler / 3, firstOutputMs: handler, exitMs: handler },
        }),
      )
      const stages = Object.values(budget)
      expect(Math.min(...stages)).toBeGreaterThanOrEqual(0)
      expect(stages.reduce((sum, stage) => sum + stage, 0)).toBeCloseTo(firstTokenMs + last, 6)
    }),
  )
})
