/** A time axis that cuts out the stretches in which nothing happens. */
export interface TimeAxis {
  /** @returns the place of a moment, in pixels from the left. */
  x(ms: number): number
  /** Where a quiet stretch was cut, how much of it, and whether there is room to say so. */
  cuts: { x: number; cutMs: number; hasRoom: boolean }[]
  ticks: { x: number; ms: number }[]
}

export interface TimeAxisOptions {
  /** Moments that have to be seen, in any order. */
  momentsMs: readonly number[]
  /** Stretches in which something goes on: never cut. */
  busy: readonly { startMs: number; endMs: number }[]
  endMs: number
  /** Pixels. */
  width: number
}

/** A quiet stretch that is longer than `longestQuietMs` is drawn as long as `cutToMs`. */
const longestQuietMs = 4000
const cutToMs = 1500
/** The axis spans at least this much. */
const shortestMs = 4000
const tickStepsMs = [500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000]
/** How near to each other ticks and labels of cuts may stand, in pixels. */
const leastTickDistance = 72
const leastLabelDistance = 72
const leastCutDistance = 90

export function createTimeAxis({ momentsMs, busy, endMs, width }: TimeAxisOptions): TimeAxis {
  const stops = [0, endMs, ...momentsMs, ...busy.flatMap(({ startMs, endMs }) => [startMs, endMs])]
  const sorted = [...new Set(stops.filter(ms => ms >= 0 && ms <= endMs))].sort((one, other) => one - other)

  let drawnMs = 0
  const pieces = sorted.slice(1).map((toMs, at) => {
    const fromMs = sorted[at] ?? 0
    const isBusy = busy.some(stretch => stretch.startMs < toMs && stretch.endMs > fromMs)
    const isCut = !isBusy && toMs - fromMs > longestQuietMs
    const lengthMs = isCut ? cutToMs : toMs - fromMs
    const piece = { fromMs, toMs, startsAtMs: drawnMs, lengthMs, isCut }
    drawnMs += lengthMs
    return piece
  })
  const pixelsPerMs = width / Math.max(drawnMs, shortestMs)

  const x = (ms: number) => {
    const piece = pieces.find(({ toMs }) => ms <= toMs)
    if (!piece) return (drawnMs + ms - endMs) * pixelsPerMs
    const share = (ms - piece.fromMs) / (piece.toMs - piece.fromMs)
    return (piece.startsAtMs + share * piece.lengthMs) * pixelsPerMs
  }

  const cutPieces = pieces.filter(({ isCut }) => isCut)
  const cuts: TimeAxis['cuts'] = []
  for (const { fromMs, toMs, lengthMs } of cutPieces) {
    const middle = x((fromMs + toMs) / 2)
    const hasRoom = middle - (cuts.findLast(cut => cut.hasRoom)?.x ?? 0) >= leastCutDistance
    cuts.push({ x: middle, cutMs: toMs - fromMs - lengthMs, hasRoom })
  }

  const step = tickStepsMs.find(ms => ms * pixelsPerMs >= leastTickDistance) ?? 600_000
  const lastMs = endMs + Math.max(0, shortestMs - drawnMs)
  const ticks: TimeAxis['ticks'] = []
  for (let ms = 0; ms <= lastMs; ms += step) {
    const isInCut = cutPieces.some(({ fromMs, toMs }) => ms > fromMs && ms < toMs)
    const isTaken = cuts.some(cut => cut.hasRoom && Math.abs(cut.x - x(ms)) < leastLabelDistance)
    const previous = ticks.at(-1)
    if (!isInCut && !isTaken && (!previous || x(ms) - previous.x >= leastLabelDistance)) ticks.push({ x: x(ms), ms })
  }

  return { x, cuts, ticks }
}
