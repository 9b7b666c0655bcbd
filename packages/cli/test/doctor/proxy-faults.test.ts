import { type Authorize, anonymousCallers, type WarmProxyOptions } from '@warm-agent/proxy'
import { withHoldOut } from '@warm-agent/proxy/stats'
import { expect, test } from 'vitest'
import { deploy, secret } from './deploy.ts'
import { diagnose, goodAgent } from './diagnose.ts'
import { relayTo } from './relay.ts'

const page = 'https://chat.example.com'

const streaming = goodAgent(async function* () {
  for (const word of ['one', 'two', 'three', 'four']) {
    yield `data: ${word}\n\n`
    await new Promise(resolve => setTimeout(resolve, 40))
  }
})

test('nothing is wrong with a proxy as it comes, and its session is stopped', async () => {
  const { emulator, env, url } = await deploy({}, { agent: streaming })
  const { ids, status, check } = await diagnose(env, '--proxy-url', url)
  expect(ids).toEqual([])
  expect(status).toBe(0)
  expect(check('canary')?.said).toMatch(/the runtime itself: warm.*\/api\/agent: warm/)
  expect(check('streaming') ?? check('stream')).toMatchObject({
    status: 'passed',
    said: expect.stringMatching(/4 chunks/),
  })
  expect(check('beat')?.said).toMatch(/\(the proxy\) against .*15 min/)
  expect(emulator.sessions()).toEqual([])
})

test('a proxy whose list of origins lacks the page is named', async () => {
  const { proxyOnly, url } = await deploy()
  const { findings, status } = await diagnose(proxyOnly, '--proxy-url', url, '--page-origin', page, '--no-message')
  expect(findings.find(({ check }) => check === 'origin')).toMatchObject({
    id: 'origin-refused',
    whatToDo: expect.stringMatching(/Add https:\/\/chat\.example\.com to WARM_AGENT_ORIGINS/),
  })
  expect(status).toBe(1)
})

test('a cookie that browsers do not send for the page of another site is named', async () => {
  const lax = await deploy({ origins: [page] })
  const named = await diagnose(lax.proxyOnly, '--proxy-url', lax.url, '--page-origin', page, '--no-message')
  expect(named.findings.find(({ check }) => check === 'cookie')).toMatchObject({
    id: 'cookie-not-sent',
    what: expect.stringMatching(/SameSite lax.*another site/),
  })
  expect(named.status).toBe(1)
  const authorize = anonymousCallers({ secret, crossSite: true })
  const crossSite = await deploy({ origins: [page], authorize })
  const fine = await diagnose(crossSite.proxyOnly, '--proxy-url', crossSite.url, '--page-origin', page, '--no-message')
  expect(fine.check('cookie')?.status).toBe('passed')
})

test('a reverse proxy that buffers is named, and not what is behind it', async () => {
  const { env, origin, url } = await deploy({}, { agent: streaming })
  const buffering = `${await relayTo(origin, { isBuffering: true })}/api/agent`
  const { findings, status } = await diagnose(env, '--proxy-url', `${url},${buffering}`)
  expect(findings).toMatchObject([{ id: 'stream-buffered', what: expect.stringContaining(`${buffering} gathers`) }])
  expect(status).toBe(1)
  // Also without a message: the events of the warm-up tell.
  const free = await diagnose({ ...env, AGENT_RUNTIME_ARN: undefined }, '--proxy-url', buffering, '--no-message')
  expect(free.ids).toEqual(['stream-buffered'])
})

test('a proxy whose clock is off is named', async () => {
  const { proxyOnly, origin } = await deploy()
  const skewed = `${await relayTo(origin, { clockAheadMs: -600_000 })}/api/agent`
  const { findings } = await diagnose(proxyOnly, '--proxy-url', skewed, '--no-message')
  expect(findings).toMatchObject([
    { id: 'clock-skewed', what: expect.stringMatching(/10 min ahead of that of the proxy/) },
  ])
})

test('a warm session that is not used is named, whatever the label says', async () => {
  const { proxyOnly, origin } = await deploy()
  const url = `${await relayTo(origin, { losesTickets: true })}/api/agent`
  const { findings, status } = await diagnose(proxyOnly, '--proxy-url', url, '--no-message')
  expect(findings).toMatchObject([
    { id: 'warm-session-not-used', what: expect.stringMatching(/although it was called warm/) },
  ])
  expect(status).toBe(1)
})

test('a microVM that was replaced before its message is named', async () => {
  const { proxyOnly, url } = await deploy({}, { chaos: 'replace-vm:kind=beat,count=1' })
  const { ids, status } = await diagnose(proxyOnly, '--proxy-url', url, '--no-message')
  expect(ids).toEqual(['warm-session-not-used'])
  expect(status).toBe(1)
})

test('a beat of the proxy that is longer than the idle timeout of the runtime is named', async () => {
  const { env, proxyOnly, url } = await deploy({}, { idleSeconds: 60 })
  const { findings, status } = await diagnose(env, '--proxy-url', url, '--no-message')
  expect(findings).toMatchObject([
    { id: 'beat-too-late', what: expect.stringMatching(/^the proxy touches.*after 60 s/) },
  ])
  expect(status).toBe(1)
  // Nobody tells the timeout; a session that is left alone for a beat does.
  const short = await deploy({}, { idleSeconds: 1, idleTimeoutMs: 3_000 })
  const watched = await diagnose(short.proxyOnly, '--proxy-url', short.url, '--no-message')
  expect(watched.findings).toMatchObject([
    { id: 'beat-too-late', what: expect.stringMatching(/of the proxy was gone/) },
  ])
  expect(proxyOnly.AGENT_RUNTIME_ARN).toBeUndefined()
})

test('a Host header that is changed, CORS headers for everybody and a wrong base path are named', async () => {
  const { proxyOnly, origin } = await deploy()
  const ask = (url: string, ...args: string[]) => diagnose(proxyOnly, '--proxy-url', url, '--no-message', ...args)
  const renamed = await relayTo(origin, { host: 'internal.example.com' })
  expect((await ask(`${renamed}/api/agent`)).ids).toContain('origin-own-refused')
  const open = await relayTo(origin, {
    overrideStatus: 200,
    change: headers => {
      headers['access-control-allow-origin'] = '*'
    },
  })
  expect((await ask(`${open}/api/agent`, '--free')).ids).toEqual(['origin-open'])
  expect((await ask(`${origin}/api`)).findings).toMatchObject([
    {
      id: 'proxy-missing',
      what: expect.stringMatching(/404: .*serves below another base path/),
      whatToDo: expect.stringMatching(/^Compare .*basePath/),
    },
  ])
  const nobody = await relayTo(origin, { answer: () => [404, {}, '{"error":{"code":"not_found"}}'] })
  expect((await ask(`${nobody}/api/agent`)).findings).toMatchObject([
    { id: 'proxy-missing', what: expect.stringMatching(/not what a proxy of warm-agent says/) },
  ])
  expect((await ask('http://127.0.0.1:1/api/agent')).ids).toEqual(['proxy-unreachable'])
})

test('callers who did not sign in are asked for a header, and one that is refused is named', async () => {
  const authorize: WarmProxyOptions['authorize'] = request =>
    request.headers.get('authorization') === 'Bearer good' ? { callerId: 'ann' } : null
  const { proxyOnly, url } = await deploy({ authorize })
  const ask = (...args: string[]) => diagnose(proxyOnly, '--proxy-url', url, '--no-message', ...args)
  const unknown = await ask()
  expect([unknown.status, unknown.check('canary')?.status]).toEqual([0, 'skipped'])
  expect(unknown.findings).toMatchObject([
    {
      id: 'sign-in-not-tried',
      severity: 'risk',
      check: 'proxy',
      whatToDo: expect.stringMatching(/--proxy-header.*WARM_AGENT_ANONYMOUS=1/),
    },
  ])
  const good = await ask('--proxy-header', 'authorization: Bearer good')
  expect([good.status, good.check('canary')?.status]).toEqual([0, 'passed'])
  const bad = await ask('--proxy-header', 'authorization: Bearer bad')
  expect(bad.ids).toEqual(['caller-refused'])
  expect(bad.stdout).not.toContain('Bearer bad')
})

test('a warm-up that fails behind the proxy is named', async () => {
  const { proxyOnly, url } = await deploy(
    { limits: { warmTimeoutMs: 500 } },
    { agent: () => ({ status: 400, body: '{}' }) },
  )
  const { ids, status } = await diagnose(proxyOnly, '--proxy-url', url)
  expect(ids).toEqual(['warm-up-by-proxy-fails'])
  expect(status).toBe(1)
})

test('a proxy that speaks another version of the wire is named, and not called missing', async () => {
  const { proxyOnly, origin } = await deploy()
  const message = 'Could not answer: the page speaks another version of the wire.'
  const body = JSON.stringify({ error: { code: 'unsupported_version', message } })
  const newer = await relayTo(origin, { answer: () => [426, { 'warm-agent-version': '2' }, body] })
  const { findings, status } = await diagnose(proxyOnly, '--proxy-url', `${newer}/api/agent`, '--no-message')
  expect(findings).toMatchObject([{ id: 'proxy-version', what: expect.stringMatching(/version 2 .* 1\.$/) }])
  expect(status).toBe(1)
})

test('a router that redirects is named with where it leads, and not called a wrong base path', async () => {
  const { proxyOnly, origin } = await deploy()
  const redirecting = (status: number, isRedirected: (path: string) => boolean) =>
    relayTo(origin, {
      answer: ({ url = '/' }) => (isRedirected(url) ? [status, { location: `${url}/?token=hidden` }] : undefined),
    })
  const ask = async (base: string) => diagnose(proxyOnly, '--proxy-url', `${base}/api/agent`, '--no-message')
  const all = await redirecting(308, () => true)
  const { findings, status, stdout } = await ask(all)
  expect(findings).toMatchObject([
    {
      id: 'proxy-redirects',
      what: `${all}/api/agent/health answers with status 308, a redirect to ${all}/api/agent/health/.`,
      whatToDo: expect.stringMatching(/the router.*redirects nothing below the base path/),
    },
  ])
  expect(status).toBe(1)
  expect(stdout).not.toMatch(/hidden|base path too/)
  const some = await redirecting(302, path => path.endsWith('/sessions'))
  expect((await ask(some)).findings).toMatchObject([
    { id: 'proxy-redirects', what: expect.stringContaining(`${some}/api/agent/sessions answers with status 302`) },
  ])
})

test('a caller who is held out is told so; without a header of its own the next one is looked at', async () => {
  let visitors = 0
  const nameVisitor: Authorize = request => {
    const known = request.headers.get('authorization') ?? /caller=(\w+)/.exec(request.headers.get('cookie') ?? '')?.[1]
    const callerId = known ?? `visitor${visitors++}`
    return {
      callerId,
      ...(!known && { responseHeaders: { 'set-cookie': `caller=${callerId}; HttpOnly; SameSite=Lax` } }),
    }
  }
  // By this seed Ann and the first visitors are held out, and a later one is not.
  const authorize = withHoldOut(nameVisitor, { share: 0.9, seed: '3' })
  const { proxyOnly, url } = await deploy({ authorize })
  const ask = (...args: string[]) => diagnose(proxyOnly, '--proxy-url', url, '--no-message', ...args)
  const other = await ask()
  expect([other.ids, other.status, other.check('canary')?.status]).toEqual([[], 0, 'passed'])
  expect(visitors).toBeGreaterThan(2)
  const ann = await ask('--proxy-header', 'authorization: Ann')
  expect([ann.ids, ann.status, ann.check('canary')?.status]).toEqual([[], 0, 'skipped'])
  expect(ann.check('proxy')?.said).toMatch(/this caller is held out, its session not looked at/)
})
