import { expect, test, vi } from 'vitest'
import { paced, tokensPerSecond, toTokens } from './pace.ts'

test.each(['', 'one', 'one two', '  indented\n\n- list\n', '```ts\n  code()\n```'])(
  'the tokens of %j are the text',
  text => {
    expect(toTokens(text).join('')).toBe(text)
  },
)

test('the first token comes at once and the others at the pace that the page states', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  try {
    const tokens = paced('one two three')
    expect((await tokens.next()).value).toBe('one')
    const startedAtMs = performance.now()
    const second = tokens.next()
    await vi.advanceTimersByTimeAsync(1000 / tokensPerSecond)
    expect((await second).value).toBe(' two')
    expect(performance.now() - startedAtMs).toBeCloseTo(1000 / tokensPerSecond, 0)
  } finally {
    vi.useRealTimers()
  }
})
