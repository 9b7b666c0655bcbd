/**
 * How a quantity grows with a count: the exponent of the power law that fits best, by least squares of the logarithms.
 * 0: not at all; 1: in proportion.
 */
export function growthSlope(points: readonly { count: number; value: number }[]): number {
  const logs = points
    .filter(({ value }) => value > 0)
    .map(({ count, value }) => [Math.log(count), Math.log(value)] as const)
  const mean = (axis: 0 | 1) => logs.reduce((sum, point) => sum + point[axis], 0) / logs.length
  const [meanCount, meanValue] = [mean(0), mean(1)]
  let above = 0
  let below = 0
  for (const [count, value] of logs) {
    above += (count - meanCount) * (value - meanValue)
    below += (count - meanCount) ** 2
  }
  return above / below
}
