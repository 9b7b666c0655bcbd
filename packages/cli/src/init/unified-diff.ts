import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import type { Change } from './change.ts'

/** A change in the format of `diff -u` and `git apply`. */
export function unifiedDiff({ path, before, after }: Change): string {
  const from = before === undefined ? '/dev/null' : `a/${path}`
  const options = { context: 3, headerOptions: FILE_HEADERS_ONLY }
  return createTwoFilesPatch(from, `b/${path}`, before ?? '', after, undefined, undefined, options)
}
