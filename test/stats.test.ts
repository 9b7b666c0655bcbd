import { afterAll, expect, test } from 'vitest'
import { startDataPlane } from '../packages/cli/test/bench/a-data-plane.ts'
import { stopAll, warmAgent } from './support/command.ts'
import { createPage } from './support/page.ts'

afterAll(stopAll)

test('the proxy’s admin port tells what its first messages found, and a hold-out of everybody warms nobody', async () => {
  const plane = await startDataPlane()
  const start = async (more: Record<string, string>) => {
    const proxy = warmAgent(['proxy'], {
      ...plane.env,
      WARM_AGENT_SECRET: 'thirty-two bytes or more of something random',
      WARM_AGENT_ANONYMOUS: '1',
      WARM_AGENT_ADMIN_PORT: '0',
      PORT: '0',
      ...more,
    })
    const [, origin = ''] = await proxy.lineMatching(/(http:\/\/127\.0\.0\.1:\d+)\/api\/agent$/)
    const [, stats = ''] = await proxy.lineMatching(/^warm-agent statistics: (.+)$/)
    return { origin, stats: async () => (await fetch(stats)).json() }
  }

  const warming = await start({})
  const page = createPage(warming.origin)
  await (await page.open()).end
  expect((await page.send({ prompt: 'hi' })).outcome).toBe('warm')
  await page.send({ prompt: 'again' })
  expect(await warming.stats()).toMatchObject({
    firstMessages: { total: 1, heldOut: 0, warm: 1 },
    warmUps: { started: 1, used: 1, unused: 0 },
  })

  const holdingOut = await start({ WARM_AGENT_HOLD_OUT: '1' })
  const calls = plane.calls.length
  const heldOut = createPage(holdingOut.origin)
  const refused = await fetch(`${holdingOut.origin}/api/agent/sessions`, { method: 'POST' })
  expect(refused.status).toBe(429)
  expect((await heldOut.send({ prompt: 'hi' })).outcome).toBe('cold')
  expect(plane.calls.slice(calls).filter(({ isWarmUp }) => isWarmUp)).toEqual([])
  expect(await holdingOut.stats()).toMatchObject({ firstMessages: { total: 1, heldOut: 1, cold: 0 } })
  await plane.close()
})
