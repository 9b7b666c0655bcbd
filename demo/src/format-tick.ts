/** `2000` → `2 s`, `500` → `0.5 s`, `90000` → `1.5 min`. */
export function formatTick(ms: number): string {
  const short = (value: number) => String(Number(value.toFixed(1)))
  return ms < 60_000 ? `${short(ms / 1000)} s` : `${short(ms / 60_000)} min`
}
