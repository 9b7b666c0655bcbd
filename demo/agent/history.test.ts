import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { asksForHistory, createHistory, tellHistory } from './history.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'warm-agent-history-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const trip = { id: '../trip', isNewHere: true, outcome: 'cold' }

test('another microVM knows what was asked, and that it had to load it', async () => {
  const first = createHistory(folder)
  expect(await first.recall(trip)).toEqual({ questions: [], isReloaded: false })
  await first.add(trip, 'What is a ticket?')
  expect(await first.recall({ ...trip, isNewHere: false })).toEqual({
    questions: ['What is a ticket?'],
    isReloaded: false,
  })
  const second = createHistory(folder)
  expect(await second.recall(trip)).toEqual({ questions: ['What is a ticket?'], isReloaded: true })
  expect(await second.recall({ ...trip, id: 'tax' })).toEqual({ questions: [], isReloaded: false })
})

test('a microVM that is told that it is new believes that, and not its memory', async () => {
  const [first, second] = [createHistory(folder), createHistory(folder)]
  await first.add(trip, 'one')
  await first.recall(trip)
  await second.add(trip, 'two')
  expect((await first.recall(trip)).questions).toEqual(['one', 'two'])
})

test.each([
  ['What did I ask before?', true],
  ['what have I asked so far', true],
  ['What does it cost to hold a session?', false],
  ['How do I mount the proxy?', false],
])('%j asks for the history: %s', (prompt, expected) => {
  expect(asksForHistory(prompt)).toBe(expected)
})

test('the history is told as a list', () => {
  expect(tellHistory([])).toBe('Nothing before this.')
  expect(tellHistory(['one', 'two'])).toContain('- one\n- two')
})
