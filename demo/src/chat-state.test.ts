import { expect, test } from 'vitest'
import { type ChatAction, chatReducer, type Turn } from './chat-state.ts'

const asked = { type: 'asked', prompt: 'Why?', atMs: 1000 } as const
const text = (text: string, atMs: number) => ({ type: 'text-arrived', text, atMs }) as const
const run = (...actions: ChatAction[]) => actions.reduce(chatReducer, [] as readonly Turn[])

test.each<[string, ChatAction[], Partial<Turn>]>([
  ['a question waits', [asked], { phase: 'waiting', text: '', sentAtMs: 1000 }],
  ['the first token is measured from Enter', [asked, text('Be', 1250)], { phase: 'streaming', firstTokenMs: 250 }],
  [
    'later tokens do not change the measure',
    [asked, text('Be', 1250), text('cause', 1300)],
    { text: 'Because', firstTokenMs: 250 },
  ],
  [
    'the outcome is kept',
    [asked, { type: 'outcome-known', outcome: 'joined' }],
    { phase: 'waiting', outcome: 'joined' },
  ],
  [
    'an answer ends with its sources',
    [asked, text('Be', 1250), { type: 'answered', sources: [{ title: 'A', path: 'a.md' }], reloaded: 2 }],
    { phase: 'answered', sources: [{ title: 'A', path: 'a.md' }], reloaded: 2 },
  ],
  [
    'a failure keeps what had arrived',
    [asked, text('Be', 1250), { type: 'failed', error: 'Gone.' }],
    { phase: 'failed', text: 'Be', error: 'Gone.' },
  ],
])('%s', (_, actions, expected) => {
  expect(run(...actions).at(-1)).toMatchObject(expected)
})

test('what comes for a finished turn, or for none, changes nothing', () => {
  const finished = run(asked, { type: 'failed', error: 'Gone.' })
  expect(chatReducer(finished, text('late', 9))).toBe(finished)
  const none: readonly Turn[] = []
  expect(chatReducer(none, text('late', 9))).toBe(none)
})

test('a second question waits for the first to finish', () => {
  const one = run(asked)
  expect(chatReducer(one, asked)).toBe(one)
  expect(run(asked, { type: 'failed', error: 'Gone.' }, asked)).toHaveLength(2)
})
