import { expect, test } from 'vitest'
import { placeLabels } from './place-labels.ts'

const label = (x: number) => ({ x, text: '0123456789' }) // 64 px

test.each([
  ['a label stands at its place', [label(100)], [100]],
  ['a label makes room for the name of the lane', [label(10)], [50]],
  ['a label makes room for the one before it', [label(100), label(130)], [100, 174]],
  ['a label at the right edge is pulled in', [label(390)], [336]],
  ['a label without room is left out', [label(336), label(380)], [336]],
  ['a label that would stand far away is left out', [label(60), label(61), label(62), label(63)], [60, 134]],
])('%s', (_, labels, places) => {
  expect(placeLabels(labels, 50, 400).map(({ x }) => x)).toEqual(places)
})
