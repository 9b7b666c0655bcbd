/** Milliseconds for a table: whole ones, and a decimal where there are few. */
export function formatMs(ms: number): string {
  return Math.abs(ms) < 10 ? ms.toFixed(1) : String(Math.round(ms))
}

/** Seconds from a second on, for a label. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0'
  return ms < 1_000 ? `${formatMs(ms)} ms` : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`
}

/** For an axis: no more digits than the tick needs. */
export function formatTick(ms: number): string {
  return ms < 1_000 ? `${ms}${ms === 0 ? '' : ' ms'}` : `${ms / 1_000} s`
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.codePointAt(0)};`)
}
