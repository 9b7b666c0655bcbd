import { deadlineOf, decideInvoke, decideStop, type Phase } from '@warm-agent/emulator'
import { expect, test } from 'vitest'

test.each<[Phase | undefined, string, string]>([
  [undefined, 'provision', 'missing'],
  ['provisioning', 'conflict', 'conflict'],
  ['active', 'pass', 'stop'],
  ['idle', 'pass', 'stop'],
  ['stopping', 'conflict', 'conflict'],
  ['ended', 'provision', 'missing'],
])('a session that is %s: an invoke is %s, a stop is %s', (phase, invoke, stop) => {
  expect(decideInvoke(phase)).toBe(invoke)
  expect(decideStop(phase)).toBe(stop)
})

test.each<[Phase, number, ReturnType<typeof deadlineOf>]>([
  ['provisioning', 0, undefined],
  ['idle', 0, { at: 900, reason: 'idle' }],
  ['idle', 9_000, { at: 9_900, reason: 'idle' }],
  ['idle', 9_500, { at: 10_000, reason: 'max-lifetime' }],
  ['active', 0, { at: 10_000, reason: 'max-lifetime' }],
  ['stopping', 0, undefined],
])('a VM that is %s, touched at %d, ends as its limits say', (state, touchedAt, deadline) => {
  expect(deadlineOf({ state, bornAt: 0, touchedAt }, { idleMs: 900, maxLifetimeMs: 10_000 })).toEqual(deadline)
})
