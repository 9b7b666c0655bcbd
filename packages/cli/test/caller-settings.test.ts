import { expect, test } from 'vitest'
import { callerSettings, callersFrom } from '../src/caller-settings.ts'
import { limitSettings, limitsFrom } from '../src/limit-settings.ts'
import { readSettings } from '../src/settings.ts'

const secret = ['thirty-two bytes or more of something random']

function callers(...args: string[]) {
  const values = readSettings('', callerSettings, args)
  return values && callersFrom(values, secret, false)
}

test('nobody may call unless somebody is accepted', () => {
  expect(callers()).toBeUndefined()
})

test('anonymous callers are counted by the last address in the header of the load balancer', async () => {
  const authorize = callers('--warm-agent-anonymous', '--warm-agent-address-header', 'x-forwarded-for')
  const ask = (headers: Record<string, string>) => authorize?.(new Request('http://chat.test', { headers }))
  expect(await ask({ 'x-forwarded-for': 'forged, 192.0.2.1' })).toMatchObject({ limitKey: '192.0.2.1' })
  expect(await ask({})).not.toHaveProperty('limitKey')
})

test('who brings no token is refused, or anonymous where that is allowed', async () => {
  const jwt = ['--warm-agent-jwt-issuer', 'https://issuer.test', '--warm-agent-jwt-audience', 'chat']
  const request = new Request('http://chat.test')
  expect(await callers(...jwt)?.(request)).toBeUndefined()
  expect(await callers(...jwt, '--warm-agent-anonymous')?.(request)).toMatchObject({
    callerId: expect.stringMatching(/^anonymous:/),
  })
})

test('a limit that is set counts, and one that is not leaves the default', () => {
  const read = (...args: string[]) => limitsFrom(readSettings('', limitSettings, args) as never)
  expect(read('--warm-agent-warm-ups-per-second', '2.5', '--warm-agent-body-bytes', '100')).toEqual({
    warmUpsPerSecond: 2.5,
    bodyBytes: 100,
  })
  expect(read()).toEqual({})
})
