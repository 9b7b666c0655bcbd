import { outcomeOf } from '../../proxy/test/browser.ts'
import { codeOf, playAlike, ticketOf } from './play-alike.ts'

const minute = 60_000

playAlike({
  'a warm-up that fails tells why, and messages go cold': [
    { isFull: true, warmUpMs: 500 },
    async ({ visit, pass, send }) => {
      const { ticket, next } = await visit()
      const joining = send('early', ticket)
      await pass(500)
      const failed = await next()
      await pass(500)
      const late = send('late', ticket)
      await pass(500)
      return [failed, await next(), outcomeOf(await joining), outcomeOf(await late)]
    },
    [{ event: 'failed', data: { error: { code: 'quota_exceeded', retryAfterMs: 1500 } } }, undefined, 'cold', 'cold'],
  ],
  'a message starts a session again whose warm-up failed, once its time is over': [
    { isFull: true, warmUpMs: 500, expireAfterMs: 10_000 },
    async ({ visit, pass, sleep, send, beat }) => {
      const { ticket, next } = await visit()
      await pass(500)
      await next()
      sleep(9_800)
      const sending = send('hi', ticket)
      await pass(500)
      const message = await sending
      return [outcomeOf(message), await beat(ticketOf(message))]
    },
    ['rewarmed', { status: 'warm' }],
  ],
  'a message during the warm-up joins it, one after it finds it warm, with any ticket of the session': [
    { warmUpMs: 3000 },
    async ({ openLease, send, pass }) => {
      const { ticket } = await openLease()
      const joining = send('first', ticket)
      await pass(3000)
      const first = await joining
      const second = await send('second', ticketOf(first))
      const third = await send('third', ticket)
      return [first, second, third].map(outcomeOf).concat(await third.text())
    },
    ['joined', 'warm', 'warm', 'onetwo'],
  ],
  'a page that leaves while it waits leaves the warm-up to the others': [
    { warmUpMs: 3000 },
    async ({ openLease, send, pass, ran }) => {
      const { ticket } = await openLease()
      const leaving = new AbortController()
      const left = send('left', ticket, { signal: leaving.signal }).catch(() => undefined)
      const stayed = send('stayed', ticket)
      await pass(1000)
      leaving.abort()
      await pass(2000)
      await left
      return [outcomeOf(await stayed), ran()]
    },
    ['joined', ['stayed']],
  ],
  'a message without a ticket goes cold and brings a session that can be held': [
    {},
    async ({ send, beat }) => {
      const cold = await send('hi')
      const lease = await beat(ticketOf(cold))
      return [outcomeOf(cold), lease, outcomeOf(await send('again', lease.ticket))]
    },
    ['cold', { status: 'warm', ttlMs: 15 * minute, holdMs: 480 * minute }, 'warm'],
  ],
  'a message at which the agent fails gets the error': [
    { isBroken: true },
    async ({ send }) => codeOf(await send('hi')),
    [502, 'agent_failed'],
  ],
  'a message that the agent answers with a refusal of its own has a session all the same': [
    { status: 418 },
    async ({ send, beat }) => {
      const refused = await send('hi')
      return [refused.status, outcomeOf(refused), await beat(ticketOf(refused))]
    },
    [418, 'cold', { status: 'warm', holdMs: 480 * minute }],
  ],
  'a message that is too large is refused': [
    {},
    async ({ post }) => codeOf(await post('/messages', { body: new Uint8Array(10 * 1024 * 1024 + 1) })),
    [413, 'payload_too_large'],
  ],
  'a message starts an expired session again': [
    { expireAfterMs: 10_000 },
    async ({ openWarm, send, beat, sleep }) => {
      const { ticket } = await openWarm()
      sleep(10_000)
      const answer = await send('hi', ticket)
      const lease = await beat(ticketOf(answer))
      return [outcomeOf(answer), lease, outcomeOf(await send('again', lease.ticket))]
    },
    ['rewarmed', { status: 'warm', ttlMs: 10_000, holdMs: 480 * minute }, 'warm'],
  ],
  'a conversation is held past that': [
    {},
    async ({ openWarm, send, beat, sleep }) => {
      const { ticket } = await openWarm()
      sleep(10 * minute)
      await send('hi', ticket)
      sleep(10 * minute)
      return beat(ticket)
    },
    { status: 'warm', ttlMs: 15 * minute, holdMs: 460 * minute },
  ],
})
