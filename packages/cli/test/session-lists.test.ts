import { type AgentRuntime, RuntimeFailure } from '@warm-agent/proxy'
import { expect, test } from 'vitest'
import { createSessionBooks } from '../src/bench/session-books.ts'
import { createOwnSessions } from '../src/doctor/gather/own-sessions.ts'

const session = { id: 'a-session-of-a-runtime-of-your-own', qualifier: 'DEFAULT' }
const request = { body: new Uint8Array(), contentType: 'application/json', accept: 'application/json' }

/** A runtime of the user's own: a class with private parts, getters, and methods that need their `this`. */
class OwnRuntime implements AgentRuntime {
  #idleTimeoutMs = 1_000
  failure: RuntimeFailure | undefined
  readonly stopped: string[] = []
  readonly qualifiers = ['DEFAULT']
  readonly maxLifetimeMs = 900_000
  get idleTimeoutMs() {
    return this.#idleTimeoutMs
  }
  async invoke() {
    if (this.failure) throw this.failure
    return { status: 200, contentType: `idle/${this.#idleTimeoutMs}`, body: new ReadableStream<Uint8Array>() }
  }
  async stop({ id }: { id: string }) {
    this.stopped.push(id)
  }
  warmUpRequest(nonce: string) {
    return { ...request, body: new TextEncoder().encode(`${nonce} ${this.#idleTimeoutMs}`) }
  }
  readEcho() {
    return String(this.#idleTimeoutMs)
  }
}

const lists = { bench: createSessionBooks, doctor: createOwnSessions }

test.each(['bench', 'doctor'] as const)(
  'the list of sessions of %s leaves a runtime what it is, and stops what it started',
  async name => {
    const own = new OwnRuntime()
    const { runtime, stopAll } = lists[name](own)
    expect(runtime.idleTimeoutMs).toBe(1_000)
    expect(runtime.readEcho('')).toBe('1000')
    expect(new TextDecoder().decode(runtime.warmUpRequest('a nonce').body)).toBe('a nonce 1000')
    expect(await runtime.invoke(session, request, new AbortController().signal)).toMatchObject({
      contentType: 'idle/1000',
    })
    expect(await stopAll()).toBe(0)
    expect(own.stopped).toEqual([session.id])
  },
)

test.each([
  ['an address where nobody listens', 'unreachable', false, 0],
  ['a quota', 'quota', false, 0],
  ['a conflict', 'conflict', false, 1],
  ['an agent that may have run', 'agent', true, 1],
  ['an agent that refused what it was sent', 'invalid', true, 1],
] as const)('bench and doctor agree on what has to be stopped after %s', async (_, reason, mayHaveRun, stops) => {
  for (const list of Object.values(lists)) {
    const own = new OwnRuntime()
    own.failure = new RuntimeFailure(reason, 'as the test wants it', { mayHaveRun })
    const { runtime, stopAll } = list(own)
    await expect(runtime.invoke(session, request, new AbortController().signal)).rejects.toBe(own.failure)
    await stopAll()
    expect(own.stopped).toHaveLength(stops)
  }
})
