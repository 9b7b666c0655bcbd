import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { stopAll } from './support/command.ts'
import { startEmulate } from './support/emulate.ts'
import { createPage } from './support/page.ts'
import { startProxy } from './support/start-proxy.ts'

let emulator: Awaited<ReturnType<typeof startEmulate>>
let proxy: string

beforeAll(async () => {
  emulator = await startEmulate('--boot', 'fixed:100')
  proxy = (await startProxy(emulator.env)).origin
})
afterAll(stopAll)
afterEach(() => wreak(''))

/** Changes what goes wrong in the emulator, while it runs. */
async function wreak(chaos: string): Promise<void> {
  const answer = await fetch(`${emulator.url}/_emulator/chaos`, { method: 'PUT', body: chaos })
  expect(answer.status).toBe(200)
}

/** A page whose session is warm, and how often the agent of its VM has been called. */
async function warmPage() {
  const before = (await emulator.books()).vms.length
  const page = createPage(proxy)
  await (await page.open()).end
  const vms = async () => (await emulator.books()).vms.slice(before)
  return { page, vms, calls: async () => (await vms()).reduce((sum, { invokes }) => sum + invokes, 0) }
}

test.each([['status:409,count=2,kind=message'], ['throttle:0,count=2,kind=message']])(
  'a message that was not run is sent again, and run once: %s',
  async chaos => {
    const { page, calls } = await warmPage()
    await wreak(chaos)
    expect((await page.send({ prompt: 'hi' })).pids).toHaveLength(5)
    expect(await calls()).toBe(2)
    await page.close()
  },
)

test.each([
  ['late:504,kind=message', 2],
  ['reset:kind=message', 1],
])('a message that may have run is never sent twice, its user gets the error: %s', async (chaos, expected) => {
  const { page, calls } = await warmPage()
  await wreak(chaos)
  const failed = await page.start({ prompt: 'hi' })
  expect(failed.status).toBeGreaterThanOrEqual(500)
  expect(await failed.json()).toMatchObject({ error: { code: expect.stringMatching(/^agent_/) } })
  expect(await calls()).toBe(expected)
  await wreak('')
  expect((await page.send({ prompt: 'again' })).pids).toHaveLength(5)
  await page.close()
})

test('an answer that is cut in the middle is cut for the user, and asked for once', async () => {
  const { page, calls } = await warmPage()
  await wreak('reset:40,kind=message')
  const answer = await page.start({ prompt: 'hi' })
  expect(answer.status).toBe(200)
  await expect(answer.text()).rejects.toThrow()
  expect(await calls()).toBe(2)
  await page.close()
})

test('a beat notices that the VM was replaced, and ends the session that was warm', async () => {
  const { page, vms } = await warmPage()
  await wreak('replace-vm:count=1,kind=beat')
  const beat = await page.post('/sessions/beat')
  expect(await beat.json()).toMatchObject({ error: { code: 'session_expired' } })
  expect(await vms()).toMatchObject([{ endReason: 'lost' }, { endReason: 'stopped' }])
})

// The second one last: a quota opens the endpoint's breaker, and everybody after it would wait.
test.each([
  ['throttled for a while', 'throttle:0,count=2,kind=warm-up', 'joined'],
  ['refused by a quota', 'status:402,kind=warm-up', 'cold'],
])('warm-ups that are %s cost the user nothing: the message is answered', async (_, chaos, expected) => {
  await wreak(chaos)
  const page = createPage(proxy)
  await page.open()
  const { outcome, pids } = await page.send({ prompt: 'hi' })
  expect(outcome).toBe(expected)
  expect(pids).toHaveLength(5)
  await page.close()
})
