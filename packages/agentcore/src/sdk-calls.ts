import {
  type BedrockAgentCoreClient,
  InvokeAgentRuntimeCommand,
  StopRuntimeSessionCommand,
} from '@aws-sdk/client-bedrock-agentcore'
import type { BuildMiddleware, FinalizeRequestMiddleware, MiddlewareStack } from '@smithy/types'
import { toAgentAnswer } from './agent-answer.ts'
import { asFailure } from './failures.ts'
import { headersFromAgent, headersToAgent } from './headers.ts'
import type { PlatformCalls, Target } from './platform-calls.ts'
import { signedInTime } from './signed-in-time.ts'

/** The platform's calls by a client of the user's, with its middleware. Each is one attempt, whatever the client would retry. */
export function createSdkCalls(client: BedrockAgentCoreClient, isMcp: boolean): PlatformCalls {
  const calls: PlatformCalls = {
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
      return toAgentAnswer(output.response, {
        status: output.statusCode ?? 200,
        contentType: output.contentType,
        headers: headersFromAgent(answered, sessionId),
      })
    },

    async stop({ arn, qualifier, sessionId }: Target, signal) {
      const command = new StopRuntimeSessionCommand({ agentRuntimeArn: arn, qualifier, runtimeSessionId: sessionId })
      attemptOnce(command.middlewareStack)
      await client.send(command, signal ? { abortSignal: signal } : {}).catch(throwFailure)
    },
  }
  // An application's own wrapper of a client may have no `config`.
  return signedInTime(calls, () => client.config?.systemClockOffset ?? 0)
}

/** Hides an error from the SDK's retry loop, which looks in names, statuses and causes for a reason to retry. */
class AttemptFailed extends Error {
  readonly failure: unknown

  constructor(failure: unknown) {
    super('One attempt is all.')
    this.failure = failure
  }
}

/** Keeps the client from trying again: a message must not be sent twice, and the proxy decides how long to wait. */
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

/** Adds headers that the service model does not know, before the request is signed. */
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
  // A client of the application's may throw whatever it likes.
  throw asFailure(failure instanceof Error ? failure : new Error(String(failure)))
}
