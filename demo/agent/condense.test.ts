import { expect, test } from 'vitest'
import { condense } from './condense.ts'

const score = (text: string) => (text.includes('gold') ? 1 : 0)

test.each([
  ['what fits, as it is', '- a\n- gold', 100, '- a\n- gold'],
  ['the best items of a list, in their order', '- aaaa\n- gold 1\n- bbbb\n- gold 2', 20, '- gold 1\n- gold 2'],
  ['the head and the best rows of a table', '| a |\n|---|\n| x |\n| gold |', 20, '| a |\n|---|\n| gold |'],
  ['at least one item', '- gold and silver\n- tin', 3, '- gold and silver'],
  ['a paragraph whole', 'gold and silver', 3, 'gold and silver'],
])('keeps %s', (_, block, atMost, expected) => {
  expect(condense(block, score, atMost)).toBe(expected)
})
