import { maxHeaderSize } from 'node:http'
import { anonymousCallers, createWarmProxy } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { createSealer } from '../src/sealer.ts'
import { browserOf, outcomeOf } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

const older = 'the older secret, of thirty-two bytes or more'
const newer = 'the newer secret, of thirty-two bytes or more'

const ask = async (
  options: Parameters<typeof anonymousCallers>[0],
  headers: Record<string, string> = {},
  at = 'http',
) => {
  const origin = at.includes(':') ? at : `${at}://chat.test`
  const caller = await anonymousCallers(options)(new Request(`${origin}/api/agent/sessions`, { headers }))
  if (!caller || caller instanceof Response) throw new Error('refused')
  const { callerId, otherIds, limitKey, responseHeaders } = caller
  return {
    callerId,
    otherIds,
    limitKey,
    setCookie: responseHeaders?.['set-cookie'],
    cookie: responseHeaders?.['set-cookie']?.split(';')[0] ?? '',
  }
}

/** The first request of a browser, at this time of the clock. */
async function askAt(nowMs: number) {
  const clock = vi.spyOn(Date, 'now').mockReturnValue(nowMs)
  const asked = await ask({ secret: older })
  clock.mockRestore()
  return asked
}

const nameOf = (cookie: string) => cookie.split('=')[0]

test('who comes without a cookie gets one, and is the same caller with it', async () => {
  const first = await ask({ secret: newer })
  expect(first.callerId).toMatch(/^anonymous:/)
  expect(first.cookie).not.toContain(first.callerId)
  expect(await ask({ secret: newer }, { cookie: `a=b; ${first.cookie} ; c=d` })).toMatchObject({
    callerId: first.callerId,
    setCookie: undefined,
  })
  expect((await ask({ secret: newer })).callerId).not.toBe(first.callerId)
})

test('when the secret is rotated the caller stays, and is given a cookie that outlives the older one', async () => {
  const first = await ask({ secret: older })
  const rotated = await ask({ secret: [newer, older] }, { cookie: first.cookie })
  expect(rotated.callerId).toBe(first.callerId)
  expect(await ask({ secret: newer }, { cookie: rotated.cookie })).toMatchObject({ callerId: first.callerId })
  expect((await ask({ secret: newer }, { cookie: first.cookie })).callerId).not.toBe(first.callerId)
})

test('a browser whose first two requests got a cookie each is one caller, with either of the names', async () => {
  const [other, one] = [await askAt(2_000), await askAt(1_000)]
  const both = { callerId: one.callerId, otherIds: [other.callerId] }
  for (const cookie of [`${one.cookie}; ${other.cookie}`, `${other.cookie}; ${one.cookie}`])
    expect(await ask({ secret: older }, { cookie })).toEqual({ ...both, cookie: '' })

  const first = await ask({ secret: [newer, older] }, { cookie: `${one.cookie}; ${other.cookie}` })
  expect(first).toMatchObject(both)
  expect(nameOf(first.cookie)).toBe(nameOf(one.cookie))
  const second = await ask({ secret: [newer, older] }, { cookie: `${first.cookie}; ${other.cookie}` })
  expect(second).toMatchObject(both)
  expect(nameOf(second.cookie)).toBe(nameOf(other.cookie))
  expect(await ask({ secret: newer }, { cookie: `${first.cookie}; ${second.cookie}` })).toEqual({ ...both, cookie: '' })
})

test('of several first requests the first one names the caller, whatever the names are', async () => {
  for (let tries = 0; tries < 5; tries++) {
    const [one, other, third] = [await askAt(1_000), await askAt(3_000), await askAt(2_000)]
    const cookie = [other, third, one].map(each => each.cookie).join('; ')
    const otherIds = [third.callerId, other.callerId]
    expect(await ask({ secret: older }, { cookie })).toMatchObject({ callerId: one.callerId, otherIds })
  }
})

test('of first requests at once sixteen are one caller, whose cookies fit the headers that Node takes', async () => {
  const asked = []
  for (let at = 1; at <= 17; at++) asked.push(await askAt(at))
  const cookie = asked.map(each => each.cookie).join('; ')
  const { callerId, otherIds = [] } = await ask({ secret: older }, { cookie })
  expect([callerId, ...otherIds]).toEqual(asked.slice(0, 16).map(each => each.callerId))
  expect(cookie.length).toBeLessThan(maxHeaderSize / 2)
})

test('a cookie that was sealed before the time was counts as the oldest, and stays so when it is sealed anew', async () => {
  const bare = await createSealer([older], 'anonymous caller').seal('anonymous:z')
  const other = await ask({ secret: newer })
  const cookies = `warm-agent-caller-1=${bare}; ${other.cookie}`
  const anew = await ask({ secret: [newer, older] }, { cookie: cookies })
  expect(anew).toMatchObject({ callerId: 'anonymous:z', otherIds: [other.callerId] })
  const later = { cookie: `${other.cookie}; ${anew.cookie}` }
  expect(await ask({ secret: newer }, later)).toMatchObject({ callerId: 'anonymous:z', cookie: '' })
})

test('of two proxies on one host, with secrets of their own, each leaves the cookie of the other alone', async () => {
  const one = await ask({ secret: older })
  const other = await ask({ secret: newer }, { cookie: one.cookie })
  expect(nameOf(other.cookie)).not.toBe(nameOf(one.cookie))
  const both = { cookie: `${one.cookie}; ${other.cookie}` }
  expect(await ask({ secret: older }, both)).toMatchObject({ callerId: one.callerId, cookie: '' })
  expect(await ask({ secret: newer }, both)).toMatchObject({ callerId: other.callerId, cookie: '' })
})

test('cookies that nobody can read any more do not pile up, however often the secret is replaced', async () => {
  const jar = new Map<string, string>()
  for (let replaced = 0; replaced < 50; replaced++) {
    const { cookie } = await ask({ secret: `${newer} ${replaced}` }, { cookie: [...jar.values()].join('; ') })
    jar.set(nameOf(cookie) ?? '', cookie)
  }
  expect(jar.size).toBeLessThan(10)
})

test('of junk under its name a cookie is found behind more than a browser has callers', async () => {
  const { callerId, cookie } = await ask({ secret: newer })
  const junk = Array.from({ length: 40 }, (_, index) => `warm-agent-caller-${index}=x; `).join('')
  expect(await ask({ secret: newer }, { cookie: junk + cookie })).toMatchObject({ callerId, cookie: '' })
})

const lax = 'Path=/; HttpOnly; SameSite=Lax'

test.each([
  [{}, 'http', {}, 'warm-agent-caller', lax],
  [{}, 'https', {}, '__Host-warm-agent-caller', `${lax}; Secure`],
  [{}, 'http', { origin: 'https://chat.test' }, '__Host-warm-agent-caller', `${lax}; Secure`],
  [{}, 'http', { 'x-forwarded-proto': 'https' }, '__Host-warm-agent-caller', `${lax}; Secure`],
  [{}, 'http', { 'sec-fetch-site': 'same-origin' }, '__Host-warm-agent-caller', `${lax}; Secure`],
  [{}, 'http', { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:5173' }, 'warm-agent-caller', lax],
  [{}, 'http://localhost:8787', { 'sec-fetch-site': 'same-origin' }, 'warm-agent-caller', lax],
  [{}, 'http://127.0.0.1:8787', { 'sec-fetch-site': 'same-origin' }, 'warm-agent-caller', lax],
  [{ cookieName: '__Host-me' }, 'https', {}, '__Host-me', `${lax}; Secure`],
  [{ crossSite: true }, 'http', {}, '__Host-warm-agent-caller', 'Path=/; HttpOnly; SameSite=None; Secure; Partitioned'],
])('with %j on %s from %j the cookie %s is %s', async (options, scheme, headers, name, attributes) => {
  const { setCookie, cookie } = await ask({ secret: newer, ...options }, headers as Record<string, string>, scheme)
  expect(nameOf(cookie)?.slice(0, -9)).toBe(name)
  expect(setCookie?.slice(setCookie.indexOf(';') + 2)).toBe(attributes)
})

test.each([
  ['behind a terminator that tells nothing', 'http://chat.test', 'https://chat.test'],
  ['behind a server for development that goes by another name', 'http://backend.test', 'http://localhost:5173'],
  ['on the own machine', 'http://localhost:8787', 'http://localhost:8787'],
])(
  '%s a browser is one caller, whether it first sends a GET, which tells no origin, or a POST',
  async (_, url, origin) => {
    const get = { 'sec-fetch-site': 'same-origin' }
    const post = { ...get, origin }
    for (const [first, second] of [
      [get, post],
      [post, get],
    ] as const) {
      const asked = await ask({ secret: newer }, first, url)
      const again = await ask({ secret: newer }, { ...second, cookie: asked.cookie }, url)
      expect(again).toMatchObject({ callerId: asked.callerId, cookie: '' })
    }
  },
)

test('over HTTPS a cookie that another host of the site has set makes nobody its caller', async () => {
  const attacker = await ask({ secret: older })
  const victim = await ask({ secret: older }, {}, 'https')
  const [name = '', value = ''] = attacker.cookie.split('=')
  // Browsers refuse the prefix from another host, and take it behind a space that is none in the standard of cookies.
  const tossed = `${attacker.cookie}; \u00a0__Host-${name}=${value}`
  const alone = await ask({ secret: older }, { cookie: tossed }, 'https')
  expect(alone.callerId).not.toBe(attacker.callerId)
  expect(alone.otherIds).toEqual([])
  // Behind a TLS terminator the victim's own cookie tells of HTTPS too.
  for (const scheme of ['https', 'http'])
    for (const cookie of [`${tossed}; ${victim.cookie}`, `${victim.cookie}; ${tossed}`])
      expect(await ask({ secret: older }, { cookie }, scheme)).toEqual({
        callerId: victim.callerId,
        otherIds: [],
        cookie: '',
      })
})

test('a cookie from before cookies were partitioned stays beside the one that replaces it, and the caller is still one', async () => {
  const before = await ask({ secret: older }, {}, 'https')
  const after = await ask({ secret: [newer, older], crossSite: true }, { cookie: before.cookie })
  // Of the same name, but not the same cookie: a browser that takes third-party cookies sends both, for ever.
  expect(nameOf(after.cookie)).toBe(nameOf(before.cookie))
  for (const cookie of [`${before.cookie}; ${after.cookie}`, `${after.cookie}; ${before.cookie}`])
    expect(await ask({ secret: [newer, older], crossSite: true }, { cookie })).toEqual({
      callerId: before.callerId,
      otherIds: [],
      cookie: '',
    })
})

test('the limits may count by the address, which is not whom a ticket is bound to', async () => {
  const limitKey = (request: Request) => request.headers.get('x-address')
  const first = await ask({ secret: newer, limitKey }, { 'x-address': '192.0.2.1' })
  expect(first).toMatchObject({ limitKey: '192.0.2.1', callerId: expect.stringMatching(/^anonymous:/) })
  for (const nowhere of [undefined, null, ''])
    expect((await ask({ secret: newer, limitKey: () => nowhere })).limitKey, 'one limit for all').toBeUndefined()
})

test.each<[object, RegExp]>([
  [{ secret: 'short' }, /it has 5 bytes/],
  [{ secret: undefined }, /there is none\. .* WARM_AGENT_SECRET.* node -p "crypto\.randomBytes/],
  [{ cookieName: 'a b' }, /"a b"/],
  [{ crossite: true }, /no option crossite/],
])('options %j are refused at construction', (wrong, message) => {
  const make = () => anonymousCallers({ secret: newer, ...wrong })
  expect(make).toThrow(/^Could not /)
  expect(make).toThrow(message)
})

test('without options it is the secret that is missing', () => {
  expect(anonymousCallers as () => unknown).toThrow(/^Could not use the secret: there is none\. /)
})

/** A browser at a proxy that takes callers without a sign-in. */
function browserOfStrangers() {
  const { runtime } = createFakeRuntime()
  const proxy = createWarmProxy({ runtime, authorize: anonymousCallers({ secret: newer }), secret: newer })
  return { proxy, ...browserOf(proxy) }
}

test('an anonymous caller is bound to a sealed cookie', async () => {
  const { open, send } = browserOfStrangers()
  const { response, next } = await open()
  const setCookie = response.headers.get('set-cookie') ?? ''
  expect(setCookie).toMatch(/^warm-agent-caller-\w{8}=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax$/)
  const [cookie = ''] = setCookie.split(';')
  await next()
  const ticket = (await next())?.data as { ticket: string }
  expect(outcomeOf(await send('hi', ticket.ticket, { headers: { cookie } }))).toBe('warm')
  expect((await send('hi', ticket.ticket)).status).toBe(401)
  expect((await send('hi', ticket.ticket, { headers: { cookie: `${cookie.slice(0, -2)}xx` } })).status).toBe(401)
})

test('so is one who comes to a route of the application', async () => {
  const { proxy, send } = browserOfStrangers()
  const lent = await proxy.session(new Request('http://chat.test/chat', { method: 'POST' }))
  const cookie = lent?.headers['set-cookie']?.split(';')[0] ?? ''
  expect(outcomeOf(await send('hi', lent?.headers['Warm-Agent-Ticket'], { headers: { cookie } }))).toBe('warm')
})

test('the first two sessions that a new browser opens at the same time are both its own', async () => {
  const { open, send } = browserOfStrangers()
  const opened = await Promise.all([open(), open()])
  const cookie = opened.map(({ response }) => response.headers.get('set-cookie')?.split(';')[0]).join('; ')
  for (const { next } of opened) {
    await next()
    const warm = (await next())?.data as { ticket: string }
    expect(outcomeOf(await send('hi', warm.ticket, { headers: { cookie } }))).toBe('warm')
  }
})
