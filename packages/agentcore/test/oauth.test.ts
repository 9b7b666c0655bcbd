import { once } from 'node:events'
import { inspect } from 'node:util'
import { type AgentCoreRuntimeOptions, createAgentCoreRuntime } from '@warm-agent/agentcore'
import { createWarmProxy } from '@warm-agent/proxy'
import { expect, test } from 'vitest'
import { arn, never, refuse, request, session, type startDataPlane } from './data-plane.ts'
import { callersToken, serveKind } from './kinds.ts'

type Answer = Parameters<typeof startDataPlane>[0]

const accept: Answer = (_, outgoing) => void outgoing.end('{}')
const refuseToken: Answer = (_, outgoing) => refuse(outgoing, 401, 'UnauthorizedException')
const breakOff: Answer = incoming => void incoming.socket.destroy()

async function serve(auth: AgentCoreRuntimeOptions['auth'], answer = accept) {
  const served = await serveKind('oauth', answer, { auth })
  const tokens = () => served.dataPlane.calls.map(({ headers }) => headers.authorization)
  return { ...served, tokens }
}

test('each call carries the token that its caller has now', async () => {
  const { runtime, tokens } = await serve({ bearer: 'caller' })
  for (const bearer of ['first', 'second'])
    await (await runtime.invoke(session, request, never, { bearer })).body.cancel()
  await runtime.stop(session, never, { bearer: 'third' })
  expect(tokens()).toEqual(['Bearer first', 'Bearer second', 'Bearer third'])
})

test('without a caller there is no token to stop with: it says so at once, and sends nothing', async () => {
  const { runtime, dataPlane } = await serve({ bearer: 'caller' })
  const wanted = {
    reason: 'unauthenticated',
    mayHaveRun: false,
    message: expect.stringMatching(/^Could not call the runtime: .* ends by idling\.$/),
  }
  await expect(runtime.stop(session)).rejects.toMatchObject(wanted)
  await expect(runtime.invoke(session, request, never)).rejects.toMatchObject(wanted)
  expect(dataPlane.calls).toEqual([])
})

test('the server’s own provider is asked before every call that no caller stands behind', async () => {
  let turn = 0
  const { runtime, tokens } = await serve({ bearer: async () => `own-${++turn}` })
  await runtime.stop(session)
  await runtime.stop(session, never, { bearer: callersToken })
  await runtime.stop(session)
  expect(tokens()).toEqual(['Bearer own-1', `Bearer ${callersToken}`, 'Bearer own-2'])
})

test('a provider that fails is the cause of the failure', async () => {
  const { runtime } = await serve({ bearer: () => Promise.reject(new Error('the vault is closed')) })
  await expect(runtime.stop(session)).rejects.toMatchObject({
    reason: 'refused',
    message: 'Could not call the runtime: the provider of OAuth tokens failed. See the cause.',
    cause: { message: 'the vault is closed' },
  })
})

test.each([
  ['failed to come', () => Promise.reject(new Error('the vault is closed')), accept],
  ['is empty', () => '', accept],
  ['was refused by the platform', () => 'own', refuseToken],
])('a user whose page brought no token is not told to sign in when the server’s own %s', async (_, bearer, answer) => {
  const { runtime } = await serve({ bearer }, answer)
  const secret = 'a secret that only these tests know of'
  const send = (own?: string) => {
    const authorize = () => ({ callerId: 'ann', ...(own !== undefined && { bearer: own }) })
    const { fetch } = createWarmProxy({ runtime, secret, authorize, onEvent: () => {} })
    return fetch(new Request('http://chat.test/api/agent/messages', { method: 'POST', body: '{}' }))
  }
  expect((await send()).status).toBe(503)
  expect((await send('not a token')).status).toBe(401)
})

test('a token of the caller’s own that the platform refuses is the caller’s to renew', async () => {
  const { runtime } = await serve({ bearer: () => 'own' }, refuseToken)
  const invoking = runtime.invoke(session, request, never, { bearer: callersToken })
  await expect(invoking).rejects.toMatchObject({ reason: 'unauthenticated' })
})

test.each([
  ['refused by the platform', callersToken, refuseToken],
  ['malformed', `${callersToken}\r\nx-evil: 1`, accept],
  ['lost with the connection', callersToken, breakOff],
])('no error quotes a token that is %s', async (_, bearer, answer) => {
  const { runtime } = await serve({ bearer: 'caller' }, answer)
  const error = await runtime.invoke(session, request, never, { bearer }).catch(error => error)
  expect(error).toMatchObject({ name: 'RuntimeFailure' })
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(callersToken)
})

const event = 'data: {"type":"RUN_ERROR","code":"SESSION_BUSY","message":"busy"}'

test.each([
  ['an AG-UI runtime, which tells it as an event,', `${event}\n\n`, event],
  ['a gateway before the platform', '{"Message":"busy"}', 'busy'],
  ['somebody who says nothing', '', ''],
])('the error of %s is logged in its own words', async (_, body, words) => {
  const { runtime } = await serve({ bearer: 'caller' }, (__, outgoing) => void outgoing.writeHead(409).end(body))
  await expect(runtime.invoke(session, request, never, { bearer: callersToken })).rejects.toMatchObject({
    reason: 'conflict',
    message: `409 Error: ${words}`,
  })
})

test('of an endless error the beginning is kept, and its connection closed', async () => {
  let closed: Promise<unknown> = Promise.resolve()
  const { runtime } = await serve({ bearer: 'caller' }, (_, outgoing) => {
    closed = once(outgoing, 'close')
    const write = () => void outgoing.write('x'.repeat(5_000), error => error || write())
    outgoing.writeHead(500)
    write()
  })
  const failing = runtime.invoke(session, request, never, { bearer: callersToken })
  await expect(failing).rejects.toMatchObject({ message: `500 Error: ${'x'.repeat(2_000)}` })
  await closed
})

test.each([[{ bearer: 'Bearer abc' }], [{ bearer: 7 }], [{}], ['oauth']])(
  'auth %j is refused, without quoting it',
  auth => {
    const make = () => createAgentCoreRuntime({ arn, auth: auth as AgentCoreRuntimeOptions['auth'] })
    expect(make).toThrow(/^Could not create the runtime: option auth.*: expected 'sigv4' or \{ bearer \}/)
    expect(make).not.toThrow(/abc/)
  },
)

test('a client that signs makes no sense where tokens are wanted', () => {
  const client = { send: () => {} } as never
  expect(() => createAgentCoreRuntime({ arn, client, auth: { bearer: 'caller' } })).toThrow(
    /option client is an object: it signs/,
  )
})
