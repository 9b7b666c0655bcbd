import { WarmAgentError } from '@warm-agent/protocol'
import { expect, test } from 'vitest'
import { type Page, start } from './start.ts'

const minute = 60_000

/** A page whose warm-up has failed a while ago. */
async function failed(error?: WarmAgentError) {
  const page = start()
  const leave = page.session.mount()
  await page.proxy.openings[0]?.fail(error)
  await page.environment.advance(2000)
  expect(page.status()).toBe('error')
  return { ...page, leave }
}

async function goAndReturn({ environment }: Page) {
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

test.each<[string, (page: Page) => unknown]>([
  [
    'a warm-up that succeeded',
    async page => {
      await goAndReturn(page)
      await page.proxy.openings[1]?.complete()
    },
  ],
  ['a message that was answered', ({ ask }) => ask()],
])('after %s a failure is the first one again', async (_, succeed) => {
  const page = await failed()
  const { session, proxy, environment } = page
  await succeed(page)
  await environment.sleep(60 * minute)
  void session.warm()
  const { length } = proxy.openings
  await proxy.openings.at(-1)?.fail()
  await environment.advance(2000)
  await goAndReturn(page)
  expect(proxy.openings).toHaveLength(length + 1)
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

test.each<[string, (page: Page) => unknown]>([
  ['is here', ({ session }) => session.mount('manual')],
  ['has gone', ({ session }) => session.mount('manual')()],
])('one that was enabled before it failed waits like all others: what waited before it %s', async (_, wait) => {
  const page = start()
  const { session, proxy } = page
  wait(page)
  session.mount('open')
  await proxy.openings[0]?.fail()
  session.mount()
  expect(proxy.openings).toHaveLength(1)
})

test('what was enabled forgives the failures before it, and not its own', async () => {
  const page = start({ warmOn: 'intent' })
  const { session, proxy, environment } = page
  session.mount('manual')()
  session.mount()
  await environment.trigger('intent')
  await proxy.openings[0]?.fail()
  await goAndReturn(page)
  await environment.trigger('intent')
  expect(proxy.openings).toHaveLength(1)
})

test('what mounts in the place of one that failed is no reason to try again', async () => {
  const { session, proxy } = start()
  const leave = session.mount()
  await proxy.openings[0]?.fail()
  leave()
  session.mount()
  expect(proxy.openings).toHaveLength(1)
})

test('a status display that waits for nothing does not forgive a failure', async () => {
  const { session, proxy } = start()
  session.mount()
  session.mount('manual')
  await proxy.openings[0]?.fail()
  session.mount()
  expect(proxy.openings).toHaveLength(1)
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
