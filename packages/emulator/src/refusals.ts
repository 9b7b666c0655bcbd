import { ConnectionReset } from './chaos/rule-errors.ts'
import type { PlatformCore } from './platform-core.ts'
import { PlatformError } from './platform-errors.ts'

type Bookkeeping = Pick<PlatformCore, 'books' | 'emit'>

/** An error as it goes out. */
export interface Refusal {
  status: number
  headers: Record<string, string>
  message: string
}

/** @returns what turns an error into its answer, and books it. `undefined`: the connection is to be reset. */
export function refusalReporter(bookkeeping: Bookkeeping) {
  return (error: unknown, sessionId: string | undefined): Refusal | undefined => {
    if (error instanceof ConnectionReset) return undefined
    const refusal = toPlatformError(error)
    bookRefusal(bookkeeping, refusal, sessionId)
    const { type, status, message, headers } = refusal
    return { status, message, headers: { ...headers, ...(type !== 'GatewayError' && { 'x-amzn-errortype': type }) } }
  }
}

/** Counts an error that is answered, and tells of it. */
export function bookRefusal(
  { books, emit }: Bookkeeping,
  { type, status, message }: PlatformError,
  sessionId: string | undefined,
): void {
  books.countRefusal(type)
  emit({ type: 'refused', error: type, status, message, sessionId })
}

function toPlatformError(error: unknown): PlatformError {
  if (error instanceof PlatformError) return error
  return new PlatformError('InternalServerException', `The emulator failed: ${error}`, { cause: error })
}
