import { setTimeout as sleep } from 'node:timers/promises'
import type { DoctorSettings } from '../doctor-settings.ts'
import type { Examination } from '../examination.ts'
import { inWords } from '../finding.ts'

/** A beat that is this short is waited for unasked. Milliseconds. */
const shortBeatMs = 5_000

/** Touches nothing for as long as a beat, if that is short or was asked for. @returns whether it did. */
export async function leaveAlone(
  beatMs: number,
  settings: DoctorSettings,
  { step, signal }: Examination,
): Promise<boolean> {
  if (!settings['watch-beat'] && beatMs > shortBeatMs) return false
  step(`leaving a session alone for ${inWords(beatMs)}`)
  await sleep(beatMs, undefined, { signal })
  return true
}
