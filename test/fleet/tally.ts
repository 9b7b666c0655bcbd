import type { Farewell, Observations, SentMessage } from './observations.ts'

/** Takes down what browsers see. */
export interface Tally {
  opened(how: string): void
  message(message: SentMessage): void
  beat(how: keyof Observations['beats']): void
  theft(isRefused: boolean): void
  farewell(farewell: Farewell): void
  readonly seen: Pick<Observations, 'messages' | 'farewells' | 'opened' | 'thefts' | 'beats'>
}

export function createTally(): Tally {
  const seen: Tally['seen'] = {
    messages: [],
    farewells: [],
    opened: {},
    thefts: { tried: 0, let: 0 },
    beats: { answered: 0, expired: 0, failed: 0 },
  }
  return {
    seen,
    opened(how) {
      seen.opened[how] = (seen.opened[how] ?? 0) + 1
    },
    message: message => void seen.messages.push(message),
    beat: how => void seen.beats[how]++,
    theft(isRefused) {
      seen.thefts.tried++
      if (!isRefused) seen.thefts.let++
    },
    farewell: farewell => void seen.farewells.push(farewell),
  }
}
