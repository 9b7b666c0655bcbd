export interface Label {
  x: number
  text: string
}

/** About how wide a character of a label is, in pixels. */
const characterWidth = 6.4
const gap = 10
/** A label that is further from its place than this would seem to name something else. In pixels. */
const furthestPush = 120

/** @returns the labels that fit into the line between `from` and `to`, each as near to its place as the ones before it let it be. */
export function placeLabels(labels: readonly Label[], from: number, to: number): Label[] {
  const placed: Label[] = []
  let freeFrom = from
  for (const { x, text } of [...labels].sort((one, other) => one.x - other.x)) {
    const width = text.length * characterWidth
    const at = Math.max(freeFrom, Math.min(x, to - width))
    if (at + width > to || Math.abs(at - x) > furthestPush) continue
    placed.push({ x: at, text })
    freeFrom = at + width + gap
  }
  return placed
}
