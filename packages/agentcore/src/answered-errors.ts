import { type FailureReason, RuntimeFailure } from '@warm-agent/proxy'
import { isRecord } from './answer-documents.ts'

/**
 * What the platform's own error codes mean, which an AG-UI runtime puts into a `RUN_ERROR` event, and an MCP or A2A
 * runtime into a JSON-RPC error, some of them at HTTP 200. Source: AgentCore developer guide, protocol contracts.
 */
const meaningOfCode: Readonly<Record<string, FailureReason>> = {
  SESSION_BUSY: 'conflict',
  RATE_LIMIT_EXCEEDED: 'throttled',
  ACCESS_DENIED: 'refused',
  UNAUTHORIZED: 'unauthenticated',
  VALIDATION_ERROR: 'invalid',
  [-32003]: 'throttled',
  [-32052]: 'invalid',
  [-32053]: 'throttled',
  [-32054]: 'conflict',
  [-32501]: 'missing',
}

/** The reasons that only the platform itself gives: then the agent did not run. */
const ranNothing: ReadonlySet<FailureReason> = new Set([
  'conflict',
  'throttled',
  'refused',
  'unauthenticated',
  'missing',
])

/** @throws RuntimeFailure when this part of an answer tells an error: then the session is not warm. */
export function throwAnsweredError(document: Record<string, unknown>): void {
  const error = errorIn(document)
  if (!error) return
  const reason = meaningOfCode[String(error.code)] ?? 'agent'
  const said = `An error in the answer: ${String(error.code ?? '')} ${String(error.message ?? '')}`.trimEnd()
  throw new RuntimeFailure(reason, said, { mayHaveRun: !ranNothing.has(reason) })
}

function errorIn(document: Record<string, unknown>): Record<string, unknown> | undefined {
  if (document.type === 'RUN_ERROR') return document
  const isJsonRpc = document.jsonrpc === '2.0'
  return isJsonRpc && isRecord(document.error) ? document.error : undefined
}
