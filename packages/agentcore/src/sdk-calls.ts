import {
  type BedrockAgentCoreClient,
  InvokeAgentRuntimeCommand,
  StopRuntimeSessionCommand,
} from '@aws-sdk/client-bedrock-agentcore'
import type { BuildMiddleware, FinalizeRequestMiddleware, MiddlewareStack } from '@smithy/types'
import { answerBody } from './byte-stream.ts'
import { toRuntimeFailure } from './failures.ts'
import { headersFromAgent, headersToAgent } from './headers.ts'
import type { PlatformCalls, Target } from './platform-calls.ts'

/** The platform's calls by a client of the user's, with all that hangs on it. Each is one attempt, whatever it is configured to retry. */
export function createSdkCalls(client: BedrockAgentCoreClient, isMcp: boolean): PlatformCalls {
  return {
    async invoke({ arn, qualifier, sessionId }, { body, contentType, accept, headers }, signal) {
      const command = new InvokeAgentRuntimeCommand({
        agentRuntimeArn: arn,
        qualifier,
        runtimeSessionId: sessionId,
        payload: body,
        contentType,
        accept,
      })
      addHeaders(command.middlewareStack, headersToAgent(headers, isMcp, sessionId))
      let answered: Record<string, string> = {}
      attemptOnce(command.middlewareStack, response => {
        answered = response.headers
      })
      const output = await client.send(command, { abortSignal: signal }).catch(throwFailure)
      return Object.assign(answerBody(output.response), {
        status: output.statusCode ?? 200,
        contentType: output.contentType ?? 'application/octet-stream',
        headers: headersFromAgent(answered, sessionId),
      })
    },

    async stop({ arn, qualifier, sessionId }: Target, signal) {
      const command = new StopRuntimeSessionCommand({ agentRuntimeArn: arn, qualifier, runtimeSessionId: sessionId })
      attemptOnce(command.middlewareStack)
      await client.send(command, signal ? { abortSignal: signal } : {}).catch(throwFailure)
    },
  }
}

/** Carries an error past the SDK's retry loop, which looks through names, statuses and causes for a reason to retry. */
class AttemptFailed extends Error {
  readonly failure: unknown

  constructor(failure: unknown) {
    super('One attempt is all.')
    this.failure = failure
  }
}

/**
 * Keeps the SDK from trying again, also a client of the user's with retries of its own: a message must not be sent
 * twice, and how long to wait is for the proxy to decide.
 */
function attemptOnce<Input extends object, Output extends object>(
  stack: MiddlewareStack<Input, Output>,
  onResponse?: (response: { headers: Record<string, string> }) => void,
): void {
  const once: FinalizeRequestMiddleware<Input, Output> = next => async args => {
    try {
      const result = await next(args)
      onResponse?.(result.response as { headers: Record<string, string> })
      return result
    } catch (error) {
      throw new AttemptFailed(error)
    }
  }
  stack.addRelativeTo(once, { name: 'warmAgentAttemptOnce', relation: 'after', toMiddleware: 'retryMiddleware' })
}

/** Headers that the service model does not know, before the request is signed. */
function addHeaders<Input extends object, Output extends object>(
  stack: MiddlewareStack<Input, Output>,
  headers: Readonly<Record<string, string>>,
): void {
  if (Object.keys(headers).length === 0) return
  const add: BuildMiddleware<Input, Output> = next => args => {
    Object.assign((args.request as { headers: Record<string, string> }).headers, headers)
    return next(args)
  }
  stack.add(add, { step: 'build', name: 'warmAgentHeaders' })
}

function throwFailure(error: unknown): never {
  const failure = error instanceof AttemptFailed ? error.failure : error
  throw isAbort(failure) ? failure : toRuntimeFailure(failure as Error)
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}
