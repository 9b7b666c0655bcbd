import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { deploy } from './deploy.ts'
import { diagnose } from './diagnose.ts'
import { isOpening, type RelayFault, relayTo } from './relay.ts'

const page = 'http://127.0.0.1:5173'

const resets = (isReset: (asked: IncomingMessage) => boolean): RelayFault => ({
  answer: asked => (isReset(asked) ? 'reset' : undefined),
})
const opensWith = (contentType: string, body: string): RelayFault => ({
  answer: asked => (isOpening(asked) ? [200, { 'content-type': contentType }, body] : undefined),
})
const streams = (data: string) => opensWith('text/event-stream', `event: lease\ndata: ${data}\n\n`)

test.each<[string, RelayFault, string, RegExp]>([
  ['resets messages', resets(({ url }) => url?.endsWith('/messages') === true), 'message-fails', /no answer/],
  ['resets what opens a session', resets(isOpening), 'open-refused', /no answer/],
  ['resets preflight requests', resets(({ method }) => method === 'OPTIONS'), 'cors-broken', /no answer/],
  ['breaks the warm-up off', { cutsOpening: 'break' }, 'warm-up-cut', /before the session was warm: /],
  ['ends the warm-up early', { cutsOpening: 'end' }, 'warm-up-cut', /before the session was warm\.$/],
  ['opens a session with HTML', opensWith('text/html', '<html>'), 'open-without-lease', /200 and text\/html/],
  ['opens a session with an empty stream', opensWith('text/event-stream', ''), 'open-without-lease', /no lease/],
  ['opens a session with half an event', streams('{oops'), 'open-without-lease', /no JSON/],
  ['opens a session with null', streams('null'), 'open-without-lease', /not of this wire/],
  ['opens a session with an empty lease', streams('{}'), 'open-without-lease', /not of this wire/],
  [
    'lets a warm-up fail without a reason',
    opensWith('text/event-stream', 'event: failed\ndata: {}\n\n'),
    'open-without-lease',
    /not of this wire/,
  ],
])('a gateway that %s is named, and everything else is told', async (_, fault, id, what) => {
  const { emulator, proxyOnly, origin, url } = await deploy({ origins: [page] })
  const relayed = `${await relayTo(origin, fault)}/api/agent`
  const args = ['--proxy-url', `${relayed},${url}`, '--page-origin', page]
  const { findings, status, stdout } = await diagnose(proxyOnly, ...args)
  expect(findings).toMatchObject([{ id, severity: 'wrong', what: expect.stringMatching(what) }])
  expect(status).toBe(1)
  const { checks, notStopped } = JSON.parse(stdout)
  expect(checks).toContainEqual(expect.objectContaining({ check: 'cookie', of: url, status: 'passed' }))
  expect(checks.at(-1).check).toBe('orphans')
  expect([notStopped, emulator.sessions()]).toEqual([0, []])
})

test('a gateway that resets what strangers ask keeps them out, and that is told', async () => {
  const { proxyOnly, origin } = await deploy()
  const relay = await relayTo(
    origin,
    resets(({ headers }) => headers.origin?.endsWith('.invalid') === true),
  )
  const { ids, status, check } = await diagnose(proxyOnly, '--proxy-url', `${relay}/api/agent`, '--no-message')
  expect([ids, status]).toEqual([[], 0])
  expect(check('origin')?.said).toMatch(/a stranger's request had no answer/)
})

test.each<[string, ReturnType<NonNullable<RelayFault['answer']>>, RegExp, RegExp]>([
  ['resets beats', 'reset', /no answer/, /passes POST on/],
  ['answers beats itself', [404, {}, ''], /404/, /passes POST on/],
  [
    'takes beats to an instance with another secret',
    [401, {}, '{"error":{"code":"ticket_invalid","message":"…"}}'],
    /401 ticket_invalid/,
    /the same WARM_AGENT_SECRET/,
  ],
])('a gateway that %s is named, once a session was left alone', async (_, answer, what, whatToDo) => {
  const { proxyOnly, origin } = await deploy({}, { idleTimeoutMs: 1_000 })
  const relay = await relayTo(origin, { answer: ({ url }) => (url?.endsWith('/beat') ? answer : undefined) })
  const { findings, status } = await diagnose(proxyOnly, '--proxy-url', `${relay}/api/agent`, '--no-message')
  expect(findings).toMatchObject([
    { id: 'beat-fails', what: expect.stringMatching(what), whatToDo: expect.stringMatching(whatToDo) },
  ])
  expect(status).toBe(1)
})

test('an account number in the answer of a gateway is not repeated', async () => {
  const { proxyOnly, origin } = await deploy()
  const answer: RelayFault['answer'] = ({ url }) =>
    url?.endsWith('/messages') ? [502, {}, 'no target in account 210987654321'] : undefined
  const { ids, stdout } = await diagnose(proxyOnly, '--proxy-url', `${await relayTo(origin, { answer })}/api/agent`)
  expect(ids).toEqual(['message-fails'])
  expect(stdout).not.toContain('210987654321')
})
