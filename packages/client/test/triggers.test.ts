import { WarmAgentError } from '@warm-agent/protocol'
import { expect, test } from 'vitest'
import { start } from './start.ts'

const minute = 60_000

test.each(['visible', 'intent'] as const)('with warmOn: %s the warm-up waits for that', async warmOn => {
  const { session, environment, proxy } = start({ warmOn })
  session.mount()
  await environment.advance(minute)
  expect(proxy.openings).toHaveLength(0)
  await environment.trigger(warmOn)
  expect(proxy.openings).toHaveLength(1)
  await environment.trigger(warmOn)
  expect(proxy.openings).toHaveLength(1)
})

test('a spare that was lost while the user was away waits for the trigger again', async () => {
  const { session, environment, proxy, warmUp, status } = start({ warmOn: 'intent' })
  session.mount()
  await environment.trigger('intent')
  await warmUp()
  await environment.hide()
  await environment.advance(5 * minute)
  await environment.show()
  expect(status()).toBe('expired')
  await environment.trigger('intent')
  expect(proxy.openings).toHaveLength(2)
})

test('the trigger may change at run time: the later mount counts, and what is let go is set no more', async () => {
  const { session, environment, proxy } = start()
  const leave = session.mount('intent')
  session.mount('visible')
  leave()
  await environment.trigger('intent')
  expect(proxy.openings).toHaveLength(0)
  await environment.trigger('visible')
  expect(proxy.openings).toHaveLength(1)
})

type Page = ReturnType<typeof start>

/** A page whose warm-up has failed a while ago. */
async function failed(error?: WarmAgentError) {
  const page = start()
  const leave = page.session.mount()
  await page.proxy.openings[0]?.fail(error)
  await page.environment.advance(2000)
  expect(page.status()).toBe('error')
  return { ...page, leave }
}

async function goAndReturn({ environment }: Pick<Page, 'environment'>) {
  await environment.hide()
  await environment.show()
}

test.each<[string, (page: Page & { leave(): void }) => unknown]>([
  ['the user returns', goAndReturn],
  ['another component mounts', ({ session }) => session.mount()],
  [
    'it is enabled',
    ({ session, leave }) => {
      const enable = session.mount('manual')
      leave()
      session.mount('open')
      enable()
    },
  ],
  [
    'the trigger that is set now fires',
    ({ session, environment, leave }) => {
      session.mount('intent')
      leave()
      return environment.trigger('intent')
    },
  ],
])('a warm-up that failed is tried again when %s', async (_, happen) => {
  const page = await failed()
  await happen(page)
  expect(page.proxy.openings).toHaveLength(2)
  expect(page.status()).toBe('warming')
})

test('a warm-up that failed is not tried again before the proxy allows it', async () => {
  const page = await failed(new WarmAgentError('rate_limited', 'Wait.', { retryAfterMs: 30_000 }))
  page.session.mount('intent')
  await goAndReturn(page)
  await page.environment.trigger('intent')
  expect(page.proxy.openings).toHaveLength(1)
  await page.environment.advance(28_000)
  await goAndReturn(page)
  expect(page.proxy.openings).toHaveLength(2)
})

test.each([
  ['open', 0],
  ['open', 300],
  ['open', 1900],
  ['visible', 300],
] as const)(
  'a component that mounts with warmOn: %s in view, %i ms after the failure, to show it, is no reason to try again',
  async (warmOn, ms) => {
    const { session, proxy, environment } = start({ warmOn })
    const { onTrigger } = environment
    // It fires at once.
    environment.onTrigger = (_, target, fire) => onTrigger('open', target, fire)
    session.mount()
    session.store.subscribe(({ status }) => {
      if (status === 'error') environment.after(ms, () => session.mount())
    })
    await proxy.openings[0]?.fail()
    await environment.advance(60 * minute)
    expect(proxy.openings).toHaveLength(1)
  },
)

test('the more warm-ups have failed in a row, the longer they are tried no more, up to a minute', async () => {
  const { session, proxy, environment } = start()
  session.mount()
  const triedAtMs: number[] = []
  for (let second = 0; second <= 300; second++) {
    if (proxy.openings.length > triedAtMs.length) {
      triedAtMs.push(second)
      await proxy.openings.at(-1)?.fail()
    }
    await environment.advance(1000)
    session.mount()
  }
  expect(triedAtMs).toEqual([0, 2, 6, 14, 30, 62, 122, 182, 242])
})

test('a login token that is renewed because of the failure is a reason to try again at once, and once', async () => {
  const { session, proxy, environment } = start()
  const leave = session.mount()
  await proxy.openings[0]?.fail()
  async function renew(held: () => void) {
    const wait = session.mount('manual')
    held()
    await environment.advance(50)
    wait()
    return session.mount('open')
  }
  const again = await renew(leave)
  expect(proxy.openings).toHaveLength(2)
  await proxy.openings[1]?.fail()
  await renew(again)
  expect(proxy.openings).toHaveLength(2)
})

test('one that was enabled before it failed waits like all others', async () => {
  const { session, proxy } = start()
  session.mount('manual')
  session.mount('open')
  await proxy.openings[0]?.fail()
  session.mount()
  expect(proxy.openings).toHaveLength(1)
})

test('a failure that a clock set back puts into the future holds no trigger back', async () => {
  const { environment, proxy } = await failed()
  const { now } = environment
  environment.now = () => now() - 120 * minute
  await goAndReturn({ environment })
  expect(proxy.openings).toHaveLength(2)
})

test('a user who turns to the composer too soon after a failure is heard the next time', async () => {
  const { session, environment, proxy } = start({ warmOn: 'intent' })
  session.mount()
  await environment.trigger('intent')
  await proxy.openings[0]?.fail()
  session.mount()
  await environment.trigger('intent')
  await environment.advance(2000)
  expect(proxy.openings).toHaveLength(1)
  await environment.trigger('intent')
  expect(proxy.openings).toHaveLength(2)
})

test.each(['visible', 'intent'] as const)(
  'a renewed login token is a reason to try again at once: %s',
  async warmOn => {
    const { session, environment, proxy } = start({ warmOn })
    const leave = session.mount()
    await environment.trigger(warmOn)
    await proxy.openings[0]?.fail()
    leave()
    session.mount('manual')()
    session.mount()
    await environment.trigger(warmOn)
    expect(proxy.openings).toHaveLength(2)
  },
)

test('a status display that waits for nothing does not forgive a failure', async () => {
  const { session, proxy } = start()
  session.mount()
  session.mount('manual')
  await proxy.openings[0]?.fail()
  session.mount()
  expect(proxy.openings).toHaveLength(1)
})

test('a target that comes late, or is replaced, is watched from then on, until the trigger has fired', async () => {
  const { session, environment, proxy } = start({ warmOn: 'visible' })
  const elements = [null, {} as Element, {} as Element]
  let element = elements[0]
  const watched = new Set<unknown>()
  const { onTrigger } = environment
  environment.onTrigger = (trigger, target, fire) => {
    const end = onTrigger(trigger, target, fire)
    watched.add(target)
    return () => {
      watched.delete(target)
      end()
    }
  }
  session.mount('visible', () => element)
  for (element of elements) {
    await environment.advance(1000)
    expect([...watched]).toEqual([element])
  }
  await environment.trigger('visible')
  await proxy.openings[0]?.lease({ holdMs: 3000 })
  // The page shows something else in its place when the session is over: nobody is there for whom to warm up again.
  element = {} as Element
  await environment.advance(10_000)
  await environment.trigger('visible')
  expect(proxy.openings).toHaveLength(1)
})

test('the target is looked up when the trigger is set', () => {
  const { session, environment } = start()
  const targets: unknown[] = []
  environment.onTrigger = (_, target) => {
    targets.push(target)
    return () => {}
  }
  const element = {} as Element
  session.mount('visible', () => element)
  expect(targets).toEqual([element])
})

test('nothing is warmed while it is not enabled, and warm() still does (sample-strands #131)', async () => {
  const { session, proxy } = start({ enabled: false })
  session.mount()
  expect(proxy.openings).toHaveLength(0)
  session.mount('open')
  expect(proxy.openings).toHaveLength(1)
})

test('a user who saves data is warmed for when asked only', async () => {
  const frugal = start({}, { savesData: true })
  frugal.session.mount()
  expect(frugal.proxy.openings).toHaveLength(0)
  void frugal.session.warm()
  expect(frugal.proxy.openings).toHaveLength(1)

  const asked = start({ warmOnSaveData: true }, { savesData: true })
  asked.session.mount()
  expect(asked.proxy.openings).toHaveLength(1)
})

test.each(['visible', 'intent'] as const)(
  'a session that was closed on purpose waits for nothing: %s',
  async warmOn => {
    const { session, environment, proxy } = start({ warmOn })
    session.mount(warmOn, () => ({}) as Element)
    await session.close()
    expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
    await environment.trigger(warmOn)
    expect(proxy.openings).toHaveLength(0)
  },
)

test('a session that was closed on purpose is not started again by a return', async () => {
  const { session, environment, proxy, warmUp } = start()
  session.mount()
  await warmUp()
  await session.close()
  await environment.hide()
  await environment.show()
  expect(proxy.openings).toHaveLength(1)
})

test('a new chat, by close() and warm(), is warmed again after the user was away, as the one before', async () => {
  const { session, environment, proxy, warmUp, status } = start()
  session.mount()
  await warmUp()
  await session.close()
  await warmUp()
  await environment.hide()
  await environment.advance(3 * minute)
  expect(status()).toBe('expired')
  await environment.show()
  expect(status()).toBe('warming')
  expect(proxy.openings).toHaveLength(3)
})

test.each([{ holdWhile: 'never' }, { hiddenHoldMs: -1 }, { warmOn: 'hover' }])('%j is refused', wrong => {
  expect(() => start(wrong as never)).toThrow(/^Could not create the warm session: /)
})

test('a client that takes no fetch waits for the lease by handoff, and tells what was answered', async () => {
  const { session, proxy, types } = start()
  session.mount()
  expect(session.getHeaders()).toEqual({ 'warm-agent-version': '1' })
  const handing = session.handoff()
  await proxy.openings[0]?.lease()
  const { headers, answered } = await handing
  expect(headers).toMatchObject({ 'warm-agent-ticket': 'ticket-1' })
  answered(new Headers({ 'Warm-Agent-Ticket': 'renewed', 'Warm-Agent-Outcome': 'joined' }))
  expect(session.store.getState()).toMatchObject({ status: 'active', outcome: 'joined' })
  expect(types().slice(-2)).toEqual(['message-sent', 'message-answered'])
  expect(session.getHeaders()).toMatchObject({ 'warm-agent-ticket': 'renewed' })
})

test('handoff waits no longer than it may, and gives up with its signal', async () => {
  const { session, environment } = start()
  session.mount()
  const handing = session.handoff({ timeoutMs: 100 })
  await environment.advance(100)
  expect((await handing).headers).toEqual({ 'warm-agent-version': '1' })
  const leaving = new AbortController()
  const left = session.handoff({ signal: leaving.signal })
  leaving.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
})

test('a login token that takes its time is waited for, without an error before', async () => {
  let resolve = (_: HeadersInit) => {}
  const promise = new Promise<HeadersInit>(given => {
    resolve = given
  })
  const { session, environment, proxy, types, status } = start({ headers: () => promise })
  session.mount()
  await environment.advance(60 * 60_000)
  expect(types()).toEqual([])
  expect(status()).toBe('idle')
  resolve({ authorization: 'Bearer late' })
  await environment.advance(0)
  expect(types()).toEqual(['warm-started'])
  expect(proxy.openings).toHaveLength(1)
})

test('a login token that comes after the last user has gone warms nothing', async () => {
  let login = (_: HeadersInit) => {}
  const headers = new Promise<HeadersInit>(resolve => {
    login = resolve
  })
  const { session, environment, proxy } = start({ headers })
  const leave = session.mount()
  leave()
  await environment.advance(2000)
  login({ authorization: 'Bearer token' })
  await environment.advance(minute)
  expect(proxy.openings).toHaveLength(0)
})
