import type { Books } from './books.ts'
import { ConnectionReset } from './chaos/rule-errors.ts'
import type { Emit } from './events.ts'
import { PlatformError } from './platform-errors.ts'

/** An error as it goes out. */
export interface Refusal {
  status: number
  headers: Record<string, string>
  message: string
}

/** @returns what turns an error into its answer, and books it. `undefined`: the connection is to be reset. */
export function refusalReporter(books: Books, emit: Emit) {
  return (error: unknown, sessionId: string | undefined): Refusal | undefined => {
    if (error instanceof ConnectionReset) return undefined
    const { type, status, message, headers } = toPlatformError(error)
    books.countRefusal(type)
    emit({ type: 'refused', error: type, status, message, sessionId })
    return { status, message, headers: { ...headers, ...(type !== 'GatewayError' && { 'x-amzn-errortype': type }) } }
  }
}

function toPlatformError(error: unknown): PlatformError {
  if (error instanceof PlatformError) return error
  return new PlatformError('InternalServerException', `The emulator failed: ${error}`, { cause: error })
}
