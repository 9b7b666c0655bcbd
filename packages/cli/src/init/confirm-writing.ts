import { createInterface } from 'node:readline/promises'
import { UsageError } from '../usage-error.ts'

/**
 * Asks before somebody's files are changed.
 *
 * @throws UsageError when the answer is no, or nobody is there to give one.
 */
export async function confirmWriting(files: number): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new UsageError(
      'Could not write these files: nobody is there to confirm it. Give --yes, or --dry-run to look only.',
    )
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const leaving = new AbortController()
  terminal.once('close', () => leaving.abort())
  const question = `Write ${files === 1 ? 'this file' : `these ${files} files`}? [y/N] `
  // Ctrl-C and Ctrl-D are a no.
  const answer = await terminal.question(question, { signal: leaving.signal }).catch(() => 'no')
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new UsageError('Could not write these files: it was not confirmed. Answer y, or give --yes.')
  }
}
