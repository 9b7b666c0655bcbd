import { WarmAgentError } from '@warm-agent/protocol'
import { settle } from '@warm-agent/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answered, fakeLease, holdAnswers } from './fake-proxy.ts'
import { start } from './start.ts'

const minute = 60_000

test('a warm session is beaten at the cadence of the server, and a beat changes nothing that is shown', async () => {
  const { session, proxy, environment, warmUp } = start()
  await warmUp()
  let changes = 0
  session.store.subscribe(() => changes++)
  await environment.advance(27 * minute)
  expect(proxy.beats.map(({ atMs }) => (atMs - 1_000_000) / minute)).toEqual([9, 18, 27])
  expect(proxy.beats.map(({ ticket }) => ticket)).toEqual(['ticket-2', 'ticket-3', 'ticket-4'])
  expect(changes).toBe(0)
})

test('a beat comes up to a tenth earlier, so that browsers do not beat in step (agentcore-rl-toolkit #51)', async () => {
  const { proxy, environment, warmUp } = start({}, { chance: 1 })
  await warmUp()
  await environment.advance(8.1 * minute)
  expect(proxy.beats).toHaveLength(1)
})

test('a conversation in a hidden page is not beaten for long, and at once when it is shown again (react-use-websocket #273)', async () => {
  const { session, proxy, environment, warmUp, ask, types } = start()
  await warmUp()
  await ask()
  await environment.hide()
  expect(session.store.getState().heartbeat).toBe('running')
  await environment.advance(2 * minute)
  expect(session.store.getState().heartbeat).toBe('paused')
  await environment.advance(8 * minute)
  expect(proxy.beats).toHaveLength(0)
  await environment.show()
  expect(proxy.beats).toHaveLength(1)
  expect(session.store.getState().heartbeat).toBe('running')
  expect(types().slice(-5)).toEqual([
    'page-hidden',
    'heartbeat-paused',
    'page-shown',
    'heartbeat-resumed',
    'beat-succeeded',
  ])
})

test('a page that is hidden for a moment goes on beating', async () => {
  const { proxy, environment, warmUp } = start()
  await warmUp()
  await environment.advance(8 * minute)
  await environment.hide()
  await environment.advance(1.5 * minute)
  expect(proxy.beats).toHaveLength(1)
})

test('a spare in a page that stays hidden is closed, and warmed again on return (starter-toolkit #498)', async () => {
  const { session, proxy, environment, warmUp, events, status } = start({ hiddenHoldMs: 30_000 })
  session.mount()
  await warmUp()
  await environment.hide()
  await environment.advance(29_999)
  expect(proxy.closes).toEqual([])
  await environment.advance(1)
  expect(proxy.closes).toEqual([{ ticket: 'ticket-2' }])
  expect(events.at(-1)).toMatchObject({ type: 'session-expired', reason: 'hold' })
  await environment.advance(60 * minute)
  expect(proxy.openings).toHaveLength(1)
  await environment.show()
  expect(status()).toBe('warming')
  expect(proxy.openings).toHaveLength(2)
})

test('a conversation that was lost while the page was hidden waits for its next message', async () => {
  const { session, proxy, environment, warmUp, ask, status } = start()
  session.mount()
  await warmUp()
  await ask()
  await environment.hide()
  await environment.advance(30 * minute)
  await environment.show()
  expect(status()).toBe('expired')
  expect(proxy.openings).toHaveLength(1)
  await ask()
  expect(proxy.messages.at(-1)?.headers.get('Warm-Agent-Ticket')).toBe('ticket-of-message')
})

test('with holdWhile: active a spare is held for those who show signs of life', async () => {
  const { session, proxy, environment, warmUp, status } = start({ holdWhile: 'active' })
  session.mount()
  await warmUp()
  await environment.advance(1.9 * minute)
  await environment.act()
  await environment.advance(1.9 * minute)
  expect(status()).toBe('warm')
  await environment.advance(0.1 * minute)
  expect(status()).toBe('expired')
  expect(proxy.closes).toHaveLength(1)
  await environment.act()
  expect(status()).toBe('warming')
  await session.close()
})

test('with holdWhile: active, what a hidden page does by itself is no sign of life', async () => {
  const { environment, warmUp, status } = start({ holdWhile: 'active' })
  await warmUp()
  await environment.hide()
  await environment.advance(1.9 * minute)
  await environment.act()
  await environment.advance(0.1 * minute)
  expect(status()).toBe('expired')
})

test('the end of a conversation’s machine is announced early, once', async () => {
  const { proxy, environment, warmUp, ask, events } = start()
  await warmUp()
  await ask()
  proxy.onBeat = () => {
    const holdMs = 1_000_000 + 25 * minute - environment.now()
    return { ...fakeLease, ticket: 'beaten', status: 'warm', holdMs }
  }
  await environment.advance(25 * minute)
  const announced = events.filter(({ type }) => type === 'session-ending')
  expect(announced).toMatchObject([{ inMs: 5 * minute, atMs: 1_000_000 + 20 * minute }])
  expect(events.at(-1)).toMatchObject({ type: 'session-expired', reason: 'hold' })
})

test.each([
  ['warm', ''],
  ['cold', 'nothing'],
])('the end is announced in a conversation too that began %s and is never idle, for one beat', async (_, cold) => {
  const { session, proxy, environment, warmUp, ask, events } = start()
  if (!cold) await warmUp()
  proxy.onBeat = () => {
    const holdMs = 1_000_000 + 60 * minute - environment.now()
    return { ...fakeLease, ticket: 'beaten', status: 'warm', holdMs }
  }
  for (let minutes = 0; minutes < 59; minutes += 0.5) {
    await ask()
    await environment.advance(minute / 2)
  }
  expect(events.filter(({ type }) => type === 'session-ending')).toMatchObject([
    { inMs: 5 * minute, atMs: 1_000_000 + 55 * minute },
  ])
  expect(proxy.beats).toHaveLength(1)
  await session.close()
})

test('a clock that is set back delays no beat, and one that fails then is not repeated without pause', async () => {
  const { proxy, environment, warmUp } = start()
  await warmUp()
  const { now } = environment
  environment.now = () => now() - 60 * minute
  await environment.advance(9 * minute - 1)
  expect(proxy.beats).toHaveLength(0)
  const beat = proxy.onBeat
  proxy.onBeat = () => {
    throw new TypeError('Failed to fetch')
  }
  await environment.advance(1)
  expect(proxy.beats).toHaveLength(1)
  proxy.onBeat = beat
  await environment.advance(1000)
  expect(proxy.beats).toHaveLength(2)
  await environment.advance(9 * minute)
  expect(proxy.beats).toHaveLength(3)
})

test('a clock that is set back while nobody sees the page holds the session no longer', async () => {
  const { session, environment, warmUp, types } = start()
  session.mount()
  await warmUp()
  await environment.hide()
  const { now } = environment
  environment.now = () => now() - 180 * minute
  await environment.advance(13 * minute)
  expect(types()).toContain('session-expired')
})

test('a clock that is set back after a beat failed delays the next one no longer than a failure does', async () => {
  const { proxy, environment, warmUp } = start()
  await warmUp()
  const beat = proxy.onBeat
  proxy.onBeat = () => {
    throw new TypeError('Failed to fetch')
  }
  await environment.advance(9 * minute)
  expect(proxy.beats).toHaveLength(1)
  proxy.onBeat = beat
  const { now } = environment
  environment.now = () => now() - 120 * minute
  await environment.hide()
  await environment.show()
  expect(proxy.beats).toHaveLength(2)
})

test('a page shown again before the beat is due keeps its time', async () => {
  const { proxy, environment, warmUp } = start()
  await warmUp()
  await environment.hide()
  await environment.advance(1 * minute)
  await environment.show()
  await environment.advance(8 * minute - 1)
  expect(proxy.beats).toHaveLength(0)
  await environment.advance(1)
  expect(proxy.beats).toHaveLength(1)
})

test('after sleep past the deadline the session is expired, never beaten (anthropic-on-aws #284)', async () => {
  const { session, proxy, environment, warmUp, events } = start()
  await warmUp()
  await environment.sleep(15 * minute)
  expect(proxy.beats).toHaveLength(0)
  expect(session.store.getState()).toMatchObject({ status: 'expired', heartbeat: 'off' })
  expect(events.at(-1)).toMatchObject({ type: 'session-expired', reason: 'idle' })
})

test('a spare that is lost before the user’s eyes, as by a sleep of the machine, is warmed again', async () => {
  const { session, proxy, environment, types } = start()
  session.mount()
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.warm()
  await proxy.openings[0]?.end()
  await environment.sleep(20 * minute)
  expect(types()).toContain('session-expired')
  expect(proxy.openings).toHaveLength(2)
})

test('a hidden page whose timers did not fire finds out on its return that the session is over', async () => {
  const { proxy, environment, warmUp, status, types, session } = start()
  session.mount()
  await warmUp()
  await environment.hide()
  environment.after = () => () => {}
  await environment.sleep(16 * minute)
  await environment.show()
  expect(types()).toContain('session-expired')
  expect(proxy.beats).toHaveLength(0)
  expect(status()).toBe('warming')
})

test('a session that is never sent is closed when its hold is over (starter-toolkit #498)', async () => {
  const { proxy, environment, warmUp, events, status } = start()
  await warmUp()
  proxy.onBeat = () => ({ ...fakeLease, ticket: 'beaten', status: 'warm', holdMs: 6 * minute })
  await environment.advance(15 * minute)
  expect(proxy.closes).toEqual([{ ticket: 'beaten' }])
  expect(events.at(-1)).toMatchObject({ type: 'session-expired', reason: 'hold', atMs: 1_000_000 + 15 * minute })
  expect(status()).toBe('expired')
  expect(environment.leftovers().timers).toBe(0)
})

test('a hold that ends while a message is on its way waits for the answer', async () => {
  const { proxy, environment, session, ask, status } = start()
  void session.warm()
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.warm({ holdMs: 1000 })
  const answer = holdAnswers(proxy)
  const asked = ask()
  await environment.advance(5000)
  expect(proxy.closes).toEqual([])
  answer(answered('warm'))
  await asked
  await environment.advance(5000)
  expect(status()).toBe('active')
  expect(proxy.closes).toEqual([])
})

test('a hold that ends while a message is on its way ends when that message fails', async () => {
  const { proxy, environment, session, ask, status } = start()
  void session.warm()
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.warm({ holdMs: 1000 })
  let fail = () => {}
  proxy.onMessage = () =>
    new Promise((_, reject) => {
      fail = () => reject(new TypeError('offline'))
    })
  const asked = ask().catch(() => {})
  await environment.advance(5000)
  expect(status()).toBe('warm')
  fail()
  await asked
  expect(status()).toBe('expired')
})

test('a conversation that reaches the end of its machine expires and is not closed', async () => {
  const { proxy, environment, warmUp, ask, events } = start()
  await warmUp()
  await ask()
  proxy.onBeat = () => ({ ...fakeLease, ticket: 'beaten', status: 'warm', holdMs: 5 * minute })
  await environment.advance(14 * minute)
  expect(events.at(-1)).toMatchObject({ type: 'session-expired', reason: 'hold' })
  expect(proxy.closes).toEqual([])
})

test.each([
  ['session_expired', 'rewarmed', 'ticket-2'],
  ['ticket_invalid', 'cold', null],
] as const)('a beat refused with %s expires the session, and the next message goes %s', async (code, _, ticket) => {
  const { proxy, environment, warmUp, ask, events, status } = start()
  await warmUp()
  proxy.onBeat = () => {
    throw new WarmAgentError(code, 'no')
  }
  await environment.advance(9 * minute)
  expect(status()).toBe('expired')
  expect(events.at(-1)).toMatchObject({ type: 'session-expired', reason: 'refused' })
  await ask()
  expect(proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBe(ticket)
  await environment.advance(60 * minute)
  expect(proxy.beats.length).toBeLessThan(10)
})

test('a beat that fails is tried again, less and less often, up to the deadline and not past it', async () => {
  const { proxy, environment, warmUp, events, status } = start()
  await warmUp()
  proxy.onBeat = () => {
    throw new TypeError('Failed to fetch')
  }
  await environment.advance(60 * minute)
  expect(status()).toBe('expired')
  expect(proxy.beats.length).toBeGreaterThan(3)
  expect(proxy.beats.length).toBeLessThan(20)
  expect(proxy.beats.at(-1)?.atMs).toBeLessThan(1_000_000 + 15 * minute)
  expect(events.at(-2)).toMatchObject({ type: 'beat-failed', error: { code: 'agent_unavailable' } })
})

test('a beat in the air at the deadline is aborted, and its late answer is not believed', async () => {
  const { proxy, environment, warmUp, status, types } = start()
  await warmUp()
  let answer = () => {}
  let flight: AbortSignal | undefined
  const { beat } = proxy.transport
  proxy.transport.beat = (ticket, options) => {
    flight = options.signal
    return new Promise(resolve => {
      answer = () => resolve(beat(ticket, options))
    })
  }
  await environment.advance(15 * minute)
  expect(status()).toBe('expired')
  expect(flight?.aborted).toBe(true)
  answer()
  await settle()
  expect(status()).toBe('expired')
  expect(types().at(-1)).toBe('session-expired')
})

test('a beat that overlaps a message does not bring back the ticket of an unsent session', async () => {
  const { proxy, environment, warmUp, ask } = start()
  await warmUp()
  let answer = () => {}
  proxy.onBeat = () =>
    new Promise(resolve => {
      answer = () => resolve({ ...fakeLease, status: 'warm', ticket: 'unsent' })
    })
  await environment.advance(9 * minute)
  await ask()
  answer()
  await settle()
  await ask()
  expect(proxy.messages[1]?.headers.get('Warm-Agent-Ticket')).toBe('ticket-of-message')
})

test('no beat is sent while the warm-up is in the air', async () => {
  const { proxy, environment, session } = start()
  void session.warm()
  await proxy.openings[0]?.lease({ beatMs: 1000, ttlMs: 100_000 })
  await environment.advance(20_000)
  expect(proxy.beats).toHaveLength(0)
})

test('leaving parks the session, and coming back asks whether it lives before anything else', async () => {
  const { proxy, environment, warmUp, session, status } = start()
  session.mount()
  await warmUp()
  await environment.leave()
  await environment.advance(1000)
  expect(proxy.beats).toEqual([])
  expect(proxy.closes).toEqual([{ ticket: 'ticket-2', afterMs: 30_000, keepalive: true }])
  await environment.sleep(20_000)
  await environment.comeBack()
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-2', atMs: 1_021_000 }])
  expect(status()).toBe('warm')
  await environment.advance(8 * minute)
  expect(proxy.beats).toHaveLength(1)
})

test('coming back after the deadline expires the session without a beat', async () => {
  const { proxy, environment, warmUp, status } = start()
  await warmUp()
  await environment.leave()
  await environment.sleep(20 * minute)
  await environment.comeBack()
  expect(status()).toBe('expired')
  expect(proxy.beats).toHaveLength(0)
})

test('coming back to a session that the proxy has stopped expires it', async () => {
  const { proxy, environment, warmUp, status } = start()
  await warmUp()
  proxy.onBeat = () => {
    throw new WarmAgentError('session_expired', 'gone')
  }
  await environment.leave()
  await environment.sleep(2 * minute)
  await environment.comeBack()
  expect(status()).toBe('expired')
})

test('what has no session is not parked', async () => {
  const { proxy, environment, session } = start()
  session.mount()
  await environment.leave()
  await environment.comeBack()
  expect(proxy.closes).toEqual([])
})

test('an expired session can be warmed again, and its timers do not pile up', async () => {
  const { proxy, environment, warmUp, session, status } = start()
  await warmUp()
  await environment.sleep(15 * minute)
  await warmUp()
  expect(proxy.openings).toHaveLength(2)
  expect(status()).toBe('warm')
  expect(environment.leftovers().timers).toBe(1)
  await session.close()
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
})

const steps = [
  'advance',
  'sleep',
  'hide',
  'show',
  'leave',
  'comeBack',
  'warm',
  'lease',
  'warmed',
  'fail',
  'break',
  'mount',
  'unmount',
  'ask',
  'close',
  'beatsFail',
  'beatsSucceed',
  'beatsRefused',
] as const

test('whatever happens, no beat goes past the deadline or from a page that was left or long hidden, one session lives at most, and all are closed', async () => {
  const story = fc.array(fc.tuple(fc.constantFrom(...steps), fc.integer({ min: 1, max: 20 * minute })), {
    maxLength: 40,
  })
  await fc.assert(
    fc.asyncProperty(story, async moves => {
      const { environment, proxy, session, events, ask } = start()
      const unmounts: (() => void)[] = []
      let deadlineMs = 0
      let hiddenAtMs = Number.POSITIVE_INFINITY
      let hasLeft = false
      const { beat } = proxy.transport
      proxy.transport.beat = (ticket, options) => {
        const last = events.findLast(
          event =>
            'ttlMs' in event || (event.type === 'message-answered' && event.outcome) || event.type === 'warm-started',
        )
        const lease = events.findLast(event => 'ttlMs' in event)
        if (last && lease && 'ttlMs' in lease) deadlineMs = last.atMs + lease.ttlMs
        expect(environment.now()).toBeLessThan(deadlineMs)
        expect(environment.now() - hiddenAtMs).toBeLessThanOrEqual(2 * minute)
        expect(hasLeft).toBe(false)
        return beat(ticket, options)
      }
      for (const [step, amount] of moves) {
        const opening = proxy.openings.at(-1)
        if (step === 'advance') await environment.advance(amount)
        else if (step === 'sleep') await environment.sleep(amount)
        else if (step === 'hide' || step === 'leave') {
          hiddenAtMs = Math.min(hiddenAtMs, environment.now())
          hasLeft ||= step === 'leave'
          await environment[step]()
        } else if (step === 'show' || step === 'comeBack') {
          hiddenAtMs = Number.POSITIVE_INFINITY
          hasLeft = false
          await environment[step]()
        } else if (step === 'warm') void session.warm()
        else if (step === 'lease') await opening?.lease()
        else if (step === 'warmed') await opening?.warm()
        else if (step === 'fail') await opening?.fail()
        else if (step === 'break') await opening?.end(new TypeError('broken'))
        else if (step === 'mount') unmounts.push(session.mount())
        else if (step === 'unmount') unmounts.pop()?.()
        else if (step === 'ask') void ask()
        else if (step === 'close') await session.close()
        else if (step === 'beatsSucceed') proxy.onBeat = () => ({ ...fakeLease, ticket: 'beaten', status: 'warm' })
        else {
          const code = step === 'beatsFail' ? 'internal' : 'session_expired'
          proxy.onBeat = () => {
            throw new WarmAgentError(code, 'no')
          }
        }
        await settle()
        expect(proxy.openings.filter(({ signal }) => !signal.aborted).length).toBeLessThanOrEqual(1)
      }
      for (const unmount of unmounts) unmount()
      await environment.advance(20_000)
      await session.close()
      await settle()
      expect(session.store.getState().status).toBe('idle')
      expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
      expect(proxy.openings.every(({ signal }) => signal.aborted)).toBe(true)
      // Every message was sent once.
      expect(proxy.messages).toHaveLength(events.filter(({ type }) => type === 'message-sent').length)
    }),
    { numRuns: 300 },
  )
})
