import type { Circumstances, Hold } from '@warm-agent/client'

export const durations = { beatMs: 500, ttlMs: 1000, holdMs: 5000 }

/** A lease in hand, which was granted at 100. */
export const hold: Hold = { lease: { ...durations, atMs: 100 }, touchedAtMs: 100 }

/** Somebody is there, and nothing is in the air. */
export const present: Circumstances = { canBeat: true, isPaused: false, awayTooLongAtMs: Number.POSITIVE_INFINITY }
