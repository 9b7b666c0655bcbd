import { expect, test } from 'vitest'
import { emulate, outcomes, sessionHeader, sessionNamed, urlOf } from './harness.ts'

const warmUp = '{"type":"warmup","nonce":"one"}'

test.each([
  ['warm-up', ['InternalServerException', 'ok', 'ok']],
  ['beat', ['ok', 'InternalServerException', 'ok']],
  ['message', ['ok', 'ok', 'InternalServerException']],
  ['invoke', ['InternalServerException', 'InternalServerException', 'InternalServerException']],
  ['stop', ['ok', 'ok', 'ok']],
] as const)('hits only calls of its kind: %s', async (kind, expected) => {
  const { invoke, stop } = await emulate({ chaos: `status:500,kind=${kind}` })
  const bodies = [warmUp, warmUp, 'report']
  // A warm-up that is refused starts no VM, so let another call do that.
  const calls = bodies.map((body, place) => async () => {
    if (place > 0 && kind === 'warm-up') await invoke('kinds', 'report')
    return invoke('kinds', body)
  })
  const seen: string[] = []
  for (const call of calls) seen.push(...(await outcomes(1, call)))
  expect(seen).toEqual(expected)
  if (kind === 'stop') await expect(stop('kinds')).rejects.toMatchObject({ name: 'InternalServerException' })
})

test.each([
  ['stopruntimesession', '{"clientToken":"short"}'],
  ['commands', '{}'],
])('never looks at a call that the platform refuses for its form: %s', async (path, body) => {
  const { emulator } = await emulate({ auth: 'none', agent: () => '{}', chaos: 'throttle' })
  const headers = { [sessionHeader]: sessionNamed('form') }
  expect((await fetch(urlOf(emulator, path), { method: 'POST', headers, body })).status).toBe(400)
  expect(emulator.chaos.list()).toMatchObject([{ seen: 0 }])
})

test('hits the same calls for the same seed, at about its rate', async () => {
  const run = async (seed: number) => {
    const { report } = await emulate({ chaos: `status:500,rate=0.4,seed=${seed}` })
    return outcomes(40, () => report('seed'))
  }
  const [one, same, other] = [await run(7), await run(7), await run(8)]
  expect(same).toEqual(one)
  expect(other).not.toEqual(one)
  const hits = one.filter(each => each !== 'ok').length
  expect(hits).toBeGreaterThan(6)
  expect(hits).toBeLessThan(26)
})

test('is changed while it runs, from code', async () => {
  const { emulator, report } = await emulate()
  const undo = emulator.chaos.add('status:500')
  emulator.chaos.add([{ fault: 'throttle', count: 1 }])
  expect(await outcomes(1, () => report('live'))).toEqual(['InternalServerException'])
  undo()
  expect(await outcomes(2, () => report('live'))).toEqual(['ThrottlingException', 'ok'])
  expect(() => emulator.chaos.set('status:200')).toThrow('"status" of "status" is 200, give a status from 400 to 599')
  expect(emulator.chaos.list()).toEqual([{ fault: 'throttle', count: 1, seen: 2, hit: 1 }])
  emulator.chaos.set('status:503')
  emulator.chaos.clear()
  expect(await outcomes(1, () => report('live'))).toEqual(['ok'])
})

test('is changed while it runs, over an admin port of its own', async () => {
  const { emulator, report } = await emulate({ adminPort: 0 })
  const admin = async (method: string, body?: string) => {
    const answer = await fetch(`${emulator.adminUrl}/_emulator/chaos`, { method, ...(body && { body }) })
    return [answer.status, await answer.json()]
  }
  expect(await admin('PUT', 'status:500')).toEqual([
    200,
    { rules: [{ fault: 'status', status: 500, seen: 0, hit: 0 }] },
  ])
  expect(await admin('POST', '[{"fault":"slow","ms":1}]')).toMatchObject([200, { rules: [{}, { fault: 'slow' }] }])
  expect(await outcomes(1, () => report('admin'))).toEqual(['InternalServerException'])
  expect(await admin('GET')).toMatchObject([200, { rules: [{ seen: 1, hit: 1 }, { seen: 0 }] }])
  expect(await admin('PUT', 'flood')).toEqual([400, { message: expect.stringContaining('"flood"') }])
  expect(await admin('PUT', '[{')).toMatchObject([400, {}])
  expect(await admin('DELETE')).toEqual([200, { rules: [] }])
  expect(await outcomes(1, () => report('admin'))).toEqual(['ok'])
  expect(await admin('PATCH')).toEqual([404, { message: expect.stringContaining('PUT /_emulator/chaos') }])
  expect(emulator.adminUrl).not.toBe(emulator.url)
  expect((await fetch(`${emulator.url}/_emulator/ledger`)).status).toBe(404)
  expect(await (await fetch(`${emulator.adminUrl}/_emulator/sessions`)).json()).toMatchObject([{ vm: 1 }])
})

test.each([
  ['flood', 'There is no chaos "flood", there is throttle, reset, slow, status, replace-vm, late'],
  ['slow:fast', '"ms" of "slow" is "fast", give milliseconds from 0 to 86400000'],
  ['slow:rate=0.5', '"slow" without "ms" and "chunkMs" slows nothing, give one of them'],
  ['slow:2000,ms=3000', '"ms" comes twice in "slow:2000,ms=3000", give it once'],
  ['slow:2000,speed=1', '"slow" takes no "speed"'],
  ['throttle:rate=2', '"rate" of "throttle" is 2, give a number above 0 and up to 1'],
  ['throttle:count=0', '"count" of "throttle" is 0, give an integer from 1'],
  ['status:200', '"status" of "status" is 200'],
  ['late:kind=dance', 'There is no kind "dance", there is invoke, warm-up'],
  ['replace-vm:5', '"5" in "replace-vm:5" is not like name=value'],
  ['reset:rate=', '"rate" of "reset" is ""'],
])('refuses the malformed rule %s in one sentence', async (chaos, message) => {
  await expect(emulate({ chaos })).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining(message),
  })
})
