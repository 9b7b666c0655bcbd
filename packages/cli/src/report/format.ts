/** Milliseconds for a table, with a decimal below 10. */
export function formatMs(ms: number): string {
  return Math.abs(ms) < 10 ? ms.toFixed(1) : String(Math.round(ms))
}

/** A measured time for a label: `850 ms`, `2.96 s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0'
  return Math.abs(ms) < 1_000 ? `${formatMs(ms)} ms` : `${(ms / 1_000).toFixed(Math.abs(ms) < 10_000 ? 2 : 1)} s`
}

/** A long time in one unit: `3 days`, `12 minutes`. */
export function formatPeriod(ms: number): string {
  const units = [
    [86_400_000, 'days'],
    [3_600_000, 'hours'],
    [60_000, 'minutes'],
  ] as const
  const [length, name] = units.find(([least]) => ms >= 2 * least) ?? [1_000, 'seconds']
  return `${Math.max(1, Math.floor(ms / length))} ${name}`
}

/** For an axis: no more digits than the tick needs. */
export function formatTick(ms: number): string {
  return ms < 1_000 ? `${ms}${ms === 0 ? '' : ' ms'}` : `${ms / 1_000} s`
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.codePointAt(0)};`)
}
