import { memoryLedger } from '@warm-agent/proxy'
import { expect, test } from 'vitest'
import { createTestProxy, ticketOf } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'
import { park, prepareFleet } from './fleet.ts'

const { instance, settle, pass, during } = prepareFleet()

/** An agent whose answers go on until they are ended, and begin when they are let. */
function createTalkingRuntime() {
  const { runtime, answerWith, ...fake } = createFakeRuntime()
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  answerWith(() => readable)
  return { ...fake, runtime, answerWith, endAnswer: () => writable.close() }
}

const stopsOf = (log: string[]) => log.filter(line => line.includes('stop'))

/** Two instances that a page's requests reach by chance, or one that they all do. */
const kinds = {
  'one process': async (runtime: ReturnType<typeof createFakeRuntime>['runtime']) => {
    const one = createTestProxy({ runtime, ledger: memoryLedger() })
    return [one, one] as const
  },
  'one process without a ledger': async (runtime: ReturnType<typeof createFakeRuntime>['runtime']) => {
    const one = createTestProxy({ runtime })
    return [one, one] as const
  },
  'a fleet': async (runtime: ReturnType<typeof createFakeRuntime>['runtime']) =>
    [await instance({ runtime }), await instance({ runtime })] as const,
}

test.each(Object.entries(kinds))(
  'a parked session is not stopped under an answer that is still read, but after it (%s)',
  async (_, start) => {
    const { runtime, log, endAnswer } = createTalkingRuntime()
    const [one, two] = await start(runtime)
    const { ticket } = await one.openWarm()
    const answer = await one.send('hi', ticket)
    const reading = answer.text()
    await two.post(park, { ticket: ticketOf(answer) })
    await pass(700_000)
    expect(stopsOf(log)).toEqual([])
    await endAnswer()
    await reading
    await pass(8_000)
    expect(stopsOf(log)).toEqual(['vm 1 stopped'])
  },
)

const parkedFor = Object.entries(kinds).flatMap(([kind, start]) =>
  [2_000, 30_000].map(ms => [kind, ms, start] as const),
)

test.each(parkedFor)('nor under a message whose answer has not begun (%s, for %i ms)', async (_, afterMs, start) => {
  const { runtime, log } = createFakeRuntime()
  const slow: typeof runtime.invoke = async (session, request, ...rest) => {
    const answer = await runtime.invoke(session, request, ...rest)
    if (log.at(-1)?.endsWith('ran hi')) await new Promise(resolve => setTimeout(resolve, 60_000))
    return answer
  }
  const [one, two] = await start({ ...runtime, invoke: slow })
  const { ticket } = await one.openWarm()
  const answering = one.send('hi', ticket)
  await pass(1_000)
  await two.post(`/sessions/close?afterMs=${afterMs}`, { ticket })
  const answer = await during(answering)
  expect([answer.status, stopsOf(log)]).toEqual([200, []])
  await answer.text()
  await pass(8_000)
  expect(stopsOf(log)).toEqual(['vm 1 stopped'])
})

test('a proxy that closes leaves a session that it has parked to whom passes its answer on', async () => {
  const { runtime, log, endAnswer } = createTalkingRuntime()
  const [one, two] = await kinds['a fleet'](runtime)
  const { ticket } = await two.openWarm()
  const reading = (await two.send('hi', ticket)).text()
  await settle()
  await one.post(park, { ticket })
  await settle()
  await during(one.proxy.close())
  await pass(60_000)
  expect(stopsOf(log)).toEqual([])
  await endAnswer()
  await reading
  await pass(8_000)
  expect(stopsOf(log)).toEqual(['vm 1 stopped'])
})

test('an answer whose request is aborted is over, though its host does not cancel it', async () => {
  const { runtime, log } = createTalkingRuntime()
  const { openWarm, send, post } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  const controller = new AbortController()
  const answer = await send('hi', ticket, { signal: controller.signal })
  controller.abort(new Error('the page is gone'))
  await post(park, { ticket })
  await pass(31_000)
  expect(stopsOf(log)).toEqual(['vm 1 stopped'])
  await expect(answer.text()).rejects.toThrow('the page is gone')
})

test('nor does one whose reader leaves just when it is passed on keep a parked session', async () => {
  const { runtime, log } = createFakeRuntime()
  const leaving = new AbortController()
  const invoke: typeof runtime.invoke = async (session, request, ...rest) => {
    const answer = await runtime.invoke(session, request, ...rest)
    if (request.isWarmUp) return answer
    const leave = () => void leaving.abort()
    return Object.defineProperty(answer, 'reader', { get: leave })
  }
  const { openWarm, send, post } = createTestProxy({ runtime: { ...runtime, invoke } })
  const { ticket } = await openWarm()
  await send('hi', ticket, { signal: leaving.signal })
  expect(leaving.signal.aborted).toBe(true)
  await post(park, { ticket })
  await pass(31_000)
  expect(stopsOf(log)).toEqual(['vm 1 stopped'])
})

test.each(['breaks off', 'is left by its reader', 'never begins'])(
  'an answer that %s keeps no parked session (a fleet)',
  async way => {
    const { runtime, log, answerWith, failNext } = createFakeRuntime()
    const [one, two] = await kinds['a fleet'](runtime)
    const { ticket } = await one.openWarm()
    if (way === 'never begins') failNext(failure('agent', true))
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    answerWith(() => readable)
    const answer = await one.send('hi', ticket)
    await two.post(park, { ticket })
    await pass(1_000)
    if (way === 'breaks off') await Promise.allSettled([writable.abort(new Error('the agent died')), answer.text()])
    else await answer.body?.cancel()
    await pass(28_000)
    expect(stopsOf(log)).toEqual([])
    await pass(5_000)
    expect(stopsOf(log)).toEqual(['vm 1 stopped'])
  },
)

test('of two answers on two instances the longer one keeps the session', async () => {
  const { runtime, log, answerWith, endAnswer } = createTalkingRuntime()
  const [one, two] = await kinds['a fleet'](runtime)
  const { ticket } = await one.openWarm()
  const long = (await one.send('long', ticket)).text()
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  answerWith(() => readable)
  const short = (await two.send('short', ticket)).text()
  await settle()
  await two.post(park, { ticket })
  await writable.close()
  await short
  await pass(60_000)
  expect(stopsOf(log)).toEqual([])
  await endAnswer()
  await long
  await pass(5_000)
  expect(stopsOf(log)).toEqual(['vm 1 stopped'])
})
