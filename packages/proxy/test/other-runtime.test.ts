import { expect, test } from 'vitest'
import { createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'
import { park, prepareFleet } from './fleet.ts'

const { instance, pass } = prepareFleet()

const arn = (name: string) => `arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/${name}`

/** A platform with an agent of this name, or of none that the proxy hears of. */
function platform(name?: string) {
  const fake = createFakeRuntime()
  return { ...fake, runtime: { ...fake.runtime, ...(name && { identity: arn(name) }) } }
}

const spare = { runtimeSessionId: 'a session that was warmed ahead of need', qualifier: 'DEFAULT' }
const pool = {
  claim: async () => ({ ...spare, bornAtMs: Date.now(), touchedAtMs: Date.now(), evidence: 'assumed' as const }),
}

test.each([
  ['was started', {}],
  ['came out of a pool', { pool }],
])(
  'a ticket of the runtime that the agent ran on before is no ticket here, nor is anything called for it (its session %s)',
  async (_, options) => {
    const [old, next] = [platform('old-a1B2c3D4e5'), platform('new-a1B2c3D4e5')]
    const { ticket } = await createTestProxy({ runtime: old.runtime, ...options }).openWarm()
    const { post, send, proxy } = createTestProxy({ runtime: next.runtime })
    for (const answer of [
      await send('hi', ticket),
      await post('/sessions/beat', { ticket }),
      await post('/sessions/close', { ticket }),
    ]) {
      expect([answer.status, await answer.json()]).toMatchObject([401, { error: { code: 'ticket_invalid' } }])
    }
    const request = new Request('http://chat.test/chat', { method: 'POST', headers: { 'Warm-Agent-Ticket': ticket } })
    expect(await proxy.session(request)).toMatchObject({ outcome: 'cold' })
    expect(next.log).toEqual([])
  },
)

test.each([
  ['of the same runtime', 'one-a1B2c3D4e5', 'one-a1B2c3D4e5'],
  ['that was made before runtimes had identities', undefined, 'one-a1B2c3D4e5'],
  ['for a runtime that has none', 'one-a1B2c3D4e5', undefined],
])('a ticket %s is accepted', async (_, sealed, served) => {
  const { runtime } = platform(sealed)
  const { ticket } = await createTestProxy({ runtime }).openWarm()
  const { send } = createTestProxy({ runtime: { ...runtime, identity: served && arn(served) } as typeof runtime })
  expect(outcomeOf(await send('hi', ticket))).toBe('warm')
})

test('what an instance that died has parked is stopped by one that serves its runtime, and by no other', async () => {
  const [old, next] = [platform('old-a1B2c3D4e5'), platform('new-a1B2c3D4e5')]
  const one = await instance({ runtime: old.runtime })
  await one.post(park, { ticket: (await one.openWarm()).ticket })
  for await (const entry of one.ledger.list()) expect(JSON.stringify(entry)).not.toContain('123456789012')
  await one.die()
  const two = await instance({ runtime: next.runtime })
  await pass(40_000)
  expect(old.log.at(-1)).toBe('vm 1 warmed')
  expect(next.log).toEqual([])
  await two.proxy.close()
  await instance({ runtime: old.runtime })
  await pass(15_000)
  expect(old.log.at(-1)).toBe('vm 1 stopped')
})

test('several agents on runtimes of their own are each served, with their own tickets', async () => {
  const [chat, search] = [platform('chat-a1B2c3D4e5'), platform('search-a1B2c3D4e5')]
  const agents = { chat: chat.runtime, search: search.runtime }
  const { open, send } = createTestProxy({ agents } as never)
  for (const { agent, log } of [
    { agent: 'chat', ...chat },
    { agent: 'search', ...search },
  ]) {
    const { next } = await open({ body: JSON.stringify({ agent }) })
    await next()
    const warm = await next()
    expect(outcomeOf(await send('hi', warm?.event === 'warm' ? warm.data.ticket : ''))).toBe('warm')
    expect(log.at(-1)).toBe('vm 1 ran hi')
  }
})
