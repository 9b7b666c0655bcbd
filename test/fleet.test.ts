import { expect, inject, test } from 'vitest'
import { drawPlan } from './fleet/fleet-plan.ts'
import { judgeFleet } from './fleet/judge-fleet.ts'
import { runFleet } from './fleet/run-fleet.ts'

/** Issue 5, item 11. The same for as long as one likes: `npm run soak`. */
test('a fleet loses no message and shares no session while a proxy is killed and Redis restarted', async () => {
  const plan = drawPlan({ browsers: 300, arriveForMs: 5_000, seed: 7 })
  const seen = await runFleet(plan, { redisServerPath: inject('redisServerPath') })
  const { verdict, deadlines } = judgeFleet(seen, plan)
  expect(verdict).toEqual({ messages: [], sessions: [], deadlines: [], yielding: [], ends: [] })

  // What was to happen has happened: else nothing was shown.
  expect(seen.happenings.map(({ what }) => what).sort()).toEqual(['proxy-killed', 'redis-restarted'])
  expect(seen.messages.length).toBeGreaterThan(300)
  expect(seen.faults.ofMessages).toBeGreaterThan(0)
  expect(deadlines.closed).toBeGreaterThan(50)
  expect(seen.thefts.tried).toBeGreaterThan(0)
}, 90_000)
