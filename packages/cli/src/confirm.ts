import { createInterface } from 'node:readline/promises'
import { UsageError } from './usage-error.ts'

/** A question to the person at the terminal. */
export interface Confirmation {
  /** What is done after a yes, as the end of "Could not …". */
  task: string
  /** What the person needs to know to decide. Also part of the error when there is no terminal to ask at. */
  facts?: string
  question: string
  /** The flags that answer it beforehand, as the end of "Give …". */
  flags: string
}

/** @throws UsageError when the answer is no, or when there is no terminal to ask at. */
export async function confirm({ task, facts, question, flags }: Confirmation): Promise<void> {
  const say = (...sentences: (string | undefined)[]) => sentences.filter(Boolean).join(' ')
  if (!process.stdin.isTTY) {
    throw new UsageError(say(`Could not ${task}: nobody is there to confirm it.`, facts, `Give ${flags}.`))
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const leaving = new AbortController()
  terminal.once('close', () => leaving.abort())
  // Ctrl-C and Ctrl-D are a no.
  const answer = await terminal.question(`${say(facts, question)} [y/N] `, { signal: leaving.signal }).catch(() => 'no')
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new UsageError(`Could not ${task}: it was not confirmed. Answer y, or give ${flags}.`)
  }
}
