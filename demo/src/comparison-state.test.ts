import { expect, test } from 'vitest'
import type { Turn } from './chat-state.ts'
import { formatSeconds, fullScaleMs, measure, toVerdict } from './comparison-state.ts'

const turn = (change: Partial<Turn>): Turn => ({
  id: 0,
  prompt: '',
  phase: 'answered',
  text: '',
  sources: [],
  sentAtMs: 1000,
  ...change,
})

test.each<[string, Turn | undefined, ReturnType<typeof measure>]>([
  ['nothing was asked', undefined, { isGrowing: false }],
  ['it waits', turn({ phase: 'waiting' }), { waitedMs: 500, isGrowing: true }],
  ['the first token came', turn({ phase: 'streaming', firstTokenMs: 210 }), { waitedMs: 210, isGrowing: false }],
  ['it failed before any token', turn({ phase: 'failed' }), { isGrowing: false }],
])('a bar when %s', (_, latest, expected) => {
  expect(measure(latest, 1500)).toEqual(expected)
})

test('the bars share one scale, and it never falls below four seconds', () => {
  expect(fullScaleMs([{ isGrowing: false }, { waitedMs: 200, isGrowing: false }])).toBe(4000)
  expect(
    fullScaleMs([
      { waitedMs: 6100, isGrowing: true },
      { waitedMs: 200, isGrowing: false },
    ]),
  ).toBe(6100)
})

test.each<[Turn | undefined, Turn | undefined, ReturnType<typeof toVerdict>]>([
  [undefined, undefined, { text: 'Ask once: both chats get the same question.' }],
  [turn({ phase: 'waiting' }), turn({ firstTokenMs: 200 }), { text: 'Waiting for the first token…' }],
  [turn({ firstTokenMs: 3200 }), turn({ firstTokenMs: 210 }), { ratio: '15×', text: 'sooner when pre-warmed' }],
  [turn({ firstTokenMs: 3200 }), turn({ firstTokenMs: 1600 }), { ratio: '2.0×', text: 'sooner when pre-warmed' }],
  [
    turn({ firstTokenMs: 20, outcome: 'warm' }),
    turn({ firstTokenMs: 19 }),
    { text: expect.stringContaining('Both agents are running') },
  ],
  [turn({ firstTokenMs: 20, outcome: 'cold' }), turn({ firstTokenMs: 30 }), { text: 'No difference this time.' }],
  [
    turn({ firstTokenMs: 3000 }),
    turn({ firstTokenMs: 2900, outcome: 'joined' }),
    { text: expect.stringContaining('joined') },
  ],
  [turn({ phase: 'failed' }), turn({ firstTokenMs: 30 }), { text: 'No comparison: an answer failed.' }],
])('the verdict claims no more than was measured (%#)', (cold, warm, expected) => {
  expect(toVerdict(cold, warm)).toEqual(expected)
})

test.each([
  [0, '0.00 s'],
  [214, '0.21 s'],
  [2900, '2.90 s'],
  [9994, '9.99 s'],
  [9995, '10.0 s'],
  [45_230, '45.2 s'],
])('%d ms reads %s', (ms, text) => {
  expect(formatSeconds(ms)).toBe(text.replace(' ', '\u00a0'))
})
