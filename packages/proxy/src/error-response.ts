import { statusOfCode, toErrorBody, type WarmAgentError } from '@warm-agent/protocol'

/** @returns the answer that tells an error to a browser, without its cause. */
export function toErrorResponse(error: WarmAgentError, headers: Readonly<Record<string, string>> = {}): Response {
  const { code, retryAfterMs } = error
  return Response.json(toErrorBody(error), {
    status: statusOfCode[code],
    headers: { ...headers, ...(retryAfterMs !== undefined && { 'retry-after': `${Math.ceil(retryAfterMs / 1000)}` }) },
  })
}
