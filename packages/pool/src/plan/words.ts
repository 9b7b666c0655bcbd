/** Below it a number is next to nothing: its digits would fill lines. */
const least = 1e-9

/** Three digits that matter, with separators: 0.0281, 4.5, 30, 1,234. */
export function amount(value: number): string {
  if (value > 0 && value < least) return 'under 0.000000001'
  const digits = Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 }
  return value.toLocaleString('en-US', digits)
}

/** 1.4 %, 0.096 %. */
export function percent(share: number): string {
  if (share > 0 && share < least) return 'under 0.0000001 %'
  return `${(100 * share).toLocaleString('en-US', { maximumSignificantDigits: 2 })} %`
}

/** $0.03, $955. */
export function dollars(value: number): string {
  const digits = value >= 100 ? 0 : value >= 0.1 || value === 0 ? 2 : 4
  return `$${value.toLocaleString('en-US', { minimumFractionDigits: Math.min(2, digits), maximumFractionDigits: digits })}`
}

/** 90 s, 15 min, 4 h. */
export function duration(ms: number): string {
  if (ms < 120_000) return `${amount(ms / 1000)} s`
  return ms < 7_200_000 ? `${amount(ms / 60_000)} min` : `${amount(ms / 3_600_000)} h`
}
