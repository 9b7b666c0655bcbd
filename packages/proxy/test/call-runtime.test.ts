import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CallTimedOut, callRuntime } from '../src/sessions/call-runtime.ts'
import type { CallPurpose } from '../src/sessions/retry.ts'
import { failure } from './fake-runtime.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const options = { purpose: 'message' as CallPurpose, retryForMs: 1000 }

test('an attempt that does not heed its signal keeps nobody waiting, and what comes of it late is disposed of', async () => {
  let resolve = (_: string) => {}
  const promise = new Promise<string>(fulfil => {
    resolve = fulfil
  })
  const disposed: string[] = []
  const left = new AbortController()
  const calling = callRuntime(() => promise, {
    ...options,
    signal: left.signal,
    disposeLate: late => disposed.push(late),
  })
  left.abort(new Error('gone'))
  await expect(calling).rejects.toThrow('gone')
  resolve('an answer')
  await vi.waitUntil(() => disposed.length > 0)
  expect(disposed).toEqual(['an answer'])
})

test('a deadline ends every wait, and carries the last failure as its cause', async () => {
  const conflict = failure('conflict')
  const calling = callRuntime(() => Promise.reject(conflict), { ...options, timeoutMs: 500 })
  const refused = expect(calling).rejects.toMatchObject({ name: CallTimedOut.name, cause: conflict })
  await vi.advanceTimersByTimeAsync(500)
  await refused
})

test('conflicts, while a session starts, use up no attempt of another failure', async () => {
  const failures = [...Array.from({ length: 8 }, () => failure('conflict')), failure('throttled')]
  const attempt = async () => {
    const next = failures.shift()
    if (next) throw next
    return 'an answer'
  }
  const calling = callRuntime(attempt, { ...options, retryForMs: 60_000 })
  const answered = expect(calling).resolves.toEqual({ value: 'an answer', sawConflict: true })
  await vi.advanceTimersByTimeAsync(10_000)
  await answered
})

test.each([
  ['throws', () => Promise.reject(new Error('gone'))],
  ['hangs, until its caller has left', () => new Promise<never>(() => {})],
])('a look before the next attempt that %s ends the call, and nothing is sent', async (_, beforeRetry) => {
  const attempt = vi.fn(() => Promise.reject(failure('conflict')))
  const left = new AbortController()
  const calling = callRuntime(attempt, { ...options, signal: left.signal, beforeRetry })
  const refused = expect(calling).rejects.toThrow('gone')
  await vi.advanceTimersByTimeAsync(500)
  left.abort(new Error('gone'))
  await refused
  expect(attempt).toHaveBeenCalledOnce()
})

test('nobody is called for somebody who has left already', async () => {
  const attempt = vi.fn()
  await expect(callRuntime(attempt, { ...options, signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow(
    'gone',
  )
  expect(attempt).not.toHaveBeenCalled()
})

test.each([
  ['message', true],
  ['warm-up', false],
] as const)('who leaves after a %s was answered ends its answer: %s', async (purpose, isEnded) => {
  const left = new AbortController()
  const { value: seen } = await callRuntime(async signal => signal, { ...options, purpose, signal: left.signal })
  left.abort()
  expect(seen.aborted).toBe(isEnded)
})

test('an answer that came has no deadline any more', async () => {
  const { value: seen } = await callRuntime(async signal => signal, options)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(seen.aborted).toBe(false)
})
