import type { SessionEvent } from '@warm-agent/client'
import { WarmAgentError } from '@warm-agent/protocol'
import { settle } from '@warm-agent/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { beaten, failing } from './fake-proxy.ts'
import { type Page, start } from './start.ts'

const minute = 60_000

interface Story extends Page {
  unmounts: (() => void)[]
  hiddenAtMs: number
  hasLeft: boolean
  /** Beats that should not have been sent. They are not refused here: the session would take that for a failure of the network. */
  mishaps: string[]
}

function goAway(story: Story, how: 'hide' | 'leave') {
  story.hiddenAtMs = Math.min(story.hiddenAtMs, story.environment.now())
  // One that is hidden, not left, is back in a hidden tab.
  story.hasLeft = how === 'leave'
  return story.environment[how]()
}

function comeBack(story: Story, how: 'show' | 'comeBack') {
  story.hiddenAtMs = Number.POSITIVE_INFINITY
  story.hasLeft = false
  return story.environment[how]()
}

/** The warm-up in the air. A page that was left hears nothing of it. */
const opening = ({ proxy, hasLeft }: Story) => (hasLeft ? undefined : proxy.openings.at(-1))

/** What may happen next. */
const moves: Record<string, (story: Story, amountMs: number) => unknown> = {
  advance: ({ environment }, amountMs) => environment.advance(amountMs),
  sleep: ({ environment }, amountMs) => environment.sleep(amountMs),
  hide: story => goAway(story, 'hide'),
  leave: story => goAway(story, 'leave'),
  show: story => comeBack(story, 'show'),
  comeBack: story => comeBack(story, 'comeBack'),
  warm: ({ session }) => void session.warm(),
  lease: story => opening(story)?.lease(),
  warmed: story => opening(story)?.complete(),
  fail: story => opening(story)?.fail(),
  break: story => opening(story)?.end(new TypeError('broken')),
  mount: ({ unmounts, session }) => void unmounts.push(session.mount()),
  unmount: ({ unmounts }) => unmounts.pop()?.(),
  ask: ({ ask }) => void ask(),
  close: ({ session }) => session.close(),
  beatsSucceed: ({ proxy }) => Object.assign(proxy, { onBeat: () => beaten() }),
  beatsFail: ({ proxy }) => Object.assign(proxy, { onBeat: failing(new WarmAgentError('internal', 'no')) }),
  beatsRefused: ({ proxy }) => Object.assign(proxy, { onBeat: failing(new WarmAgentError('session_expired', 'no')) }),
}

/** What AgentCore allows at least: a message that went cold brings no durations. */
const shortestTtlMs = minute

/** @returns when the platform ends the session, as far as its events tell. */
function deadlineOf(events: SessionEvent[]): number {
  let ttlMs = shortestTtlMs
  let touchedAtMs = 0
  for (const event of events) {
    if (/^(warm-started|warm-failed|spare-given|session-closed)$/.test(event.type)) ttlMs = shortestTtlMs
    if ('ttlMs' in event) ttlMs = event.ttlMs
    if (event.type === 'lease-adopted') touchedAtMs = event.touchedAtMs
    else if ('ttlMs' in event || (event.type === 'message-answered' && event.outcome)) touchedAtMs = event.atMs
  }
  return touchedAtMs + ttlMs
}

function watchBeats(story: Story) {
  const { environment, events, proxy, mishaps } = story
  const { onPageChange } = environment
  // What has happened to its page before its first use, a session cannot know.
  environment.onPageChange = listener => {
    story.hasLeft = false
    story.hiddenAtMs = environment.isVisible() ? Number.POSITIVE_INFINITY : environment.now()
    return onPageChange(listener)
  }
  const { beat } = proxy.transport
  proxy.transport.beat = (ticket, options) => {
    // What the beat came of is told right after.
    queueMicrotask(() => {
      if (environment.now() >= deadlineOf(events)) mishaps.push('a beat past the deadline')
    })
    if (environment.now() - story.hiddenAtMs > 2 * minute) mishaps.push('a beat of a page that was long hidden')
    if (story.hasLeft) mishaps.push('a beat of a page that was left')
    return beat(ticket, options)
  }
}

test('whatever happens, no beat goes past the deadline or from a page that was left or long hidden, one session lives at most, and all are closed', async () => {
  const move = fc.tuple(fc.constantFrom(...Object.keys(moves)), fc.integer({ min: 1, max: 20 * minute }))
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 40 }), async told => {
      const story: Story = {
        ...start(),
        unmounts: [],
        hiddenAtMs: Number.POSITIVE_INFINITY,
        hasLeft: false,
        mishaps: [],
      }
      const { environment, proxy, session, events, mishaps } = story
      watchBeats(story)
      for (const [name, amountMs] of told) {
        await moves[name]?.(story, amountMs)
        await settle()
        expect(proxy.openings.filter(({ signal }) => !signal.aborted).length).toBeLessThanOrEqual(1)
      }
      expect(mishaps).toEqual([])
      for (const unmount of story.unmounts) unmount()
      await environment.advance(20_000)
      await session.close()
      await settle()
      expect(session.store.getState().status).toBe('idle')
      expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
      expect(proxy.openings.every(({ signal }) => signal.aborted)).toBe(true)
      // Every message was sent once.
      expect(proxy.messages).toHaveLength(events.filter(({ type }) => type === 'message-sent').length)
    }),
    { numRuns: 500 },
  )
})
