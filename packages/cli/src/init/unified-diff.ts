import type { Change } from './change.ts'

/** Lines around a difference that are shown with it. */
const context = 3

interface Line {
  sign: ' ' | '+' | '-'
  text: string
}

/** A change as `diff -u` and `git apply` have it. */
export function unifiedDiff({ path, before, after }: Change): string {
  const lines = compare(linesOf(before ?? ''), linesOf(after))
  const head = `--- ${before === undefined ? '/dev/null' : `a/${path}`}\n+++ b/${path}\n`
  return head + hunksOf(lines).join('')
}

function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** By the longest common subsequence: these files are short. */
function compare(before: string[], after: string[]): Line[] {
  const common: number[][] = Array.from({ length: before.length + 1 }, () => new Array(after.length + 1).fill(0))
  const at = (row: number, column: number) => common[row]?.[column] ?? 0
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const isSame = before[row] === after[column]
      const length = isSame ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
      ;(common[row] as number[])[column] = length
    }
  }
  const lines: Line[] = []
  let row = 0
  let column = 0
  while (row < before.length || column < after.length) {
    if (row < before.length && column < after.length && before[row] === after[column]) {
      lines.push({ sign: ' ', text: before[row++] ?? '' })
      column++
    } else if (row < before.length && (column === after.length || at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ sign: '-', text: before[row++] ?? '' })
    } else {
      lines.push({ sign: '+', text: after[column++] ?? '' })
    }
  }
  return lines
}

function hunksOf(lines: Line[]): string[] {
  const isShown = lines.map((_, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ sign }) => sign !== ' '),
  )
  const hunks: string[] = []
  for (let start = isShown.indexOf(true); start !== -1; ) {
    const length = isShown.slice(start).indexOf(false)
    const end = length === -1 ? lines.length : start + length
    const shown = lines.slice(start, end)
    const range = (sign: '-' | '+') => {
      const before = lines.slice(0, start).filter(line => line.sign !== other(sign)).length
      const count = shown.filter(line => line.sign !== other(sign)).length
      return `${sign}${count === 0 ? before : before + 1},${count}`
    }
    hunks.push(`@@ ${range('-')} ${range('+')} @@\n${shown.map(({ sign, text }) => `${sign}${text}\n`).join('')}`)
    start = isShown.indexOf(true, end)
  }
  return hunks
}

const other = (sign: '-' | '+') => (sign === '-' ? '+' : '-')
