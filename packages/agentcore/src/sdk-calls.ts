import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import {
  BedrockAgentCoreClient,
  InvokeAgentRuntimeCommand,
  StopRuntimeSessionCommand,
} from '@aws-sdk/client-bedrock-agentcore'
import { fromNodeProviderChain } from '@aws-sdk/credential-providers'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { FinalizeRequestMiddleware, MiddlewareStack } from '@smithy/types'
import { type AgentRuntime, RuntimeFailure } from '@warm-agent/proxy'
import { toRuntimeFailure } from './failures.ts'

/** Every streaming answer occupies a socket; with the SDK's own 50, the fifty-first user would wait. */
const maxSockets = 2048

/** A client with the default chain of credentials, and with sockets for many streams. */
export function createDefaultClient(region: string): BedrockAgentCoreClient {
  const agentOptions = { keepAlive: true, maxSockets }
  return new BedrockAgentCoreClient({
    region,
    credentials: fromNodeProviderChain({ clientConfig: { region } }),
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 5_000,
      httpAgent: new HttpAgent(agentOptions),
      httpsAgent: new HttpsAgent(agentOptions),
    }),
  })
}

/** The port's two calls, signed by the AWS SDK. Each is one attempt, whatever the client is configured to retry. */
export function createSdkCalls(client: BedrockAgentCoreClient, arn: string): Pick<AgentRuntime, 'invoke' | 'stop'> {
  return {
    async invoke({ id, qualifier }, { body, contentType, accept }, signal) {
      const command = new InvokeAgentRuntimeCommand({
        agentRuntimeArn: arn,
        qualifier,
        runtimeSessionId: id,
        payload: body,
        contentType,
        accept,
      })
      attemptOnce(command.middlewareStack)
      const output = await client.send(command, { abortSignal: signal }).catch(throwFailure)
      return {
        status: output.statusCode ?? 200,
        contentType: output.contentType ?? 'application/octet-stream',
        body: (output.response?.transformToWebStream() as ReadableStream<Uint8Array>) ?? emptyBody(),
      }
    },

    async stop({ id, qualifier }, signal) {
      const command = new StopRuntimeSessionCommand({ agentRuntimeArn: arn, qualifier, runtimeSessionId: id })
      attemptOnce(command.middlewareStack)
      try {
        await client.send(command, signal ? { abortSignal: signal } : {}).catch(throwFailure)
      } catch (error) {
        // It had ended already.
        if (!(error instanceof RuntimeFailure) || error.reason !== 'missing') throw error
      }
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
function attemptOnce<Input extends object, Output extends object>(stack: MiddlewareStack<Input, Output>): void {
  const fail: FinalizeRequestMiddleware<Input, Output> = next => args =>
    next(args).catch((error: unknown) => {
      throw new AttemptFailed(error)
    })
  stack.addRelativeTo(fail, { name: 'warmAgentAttemptOnce', relation: 'after', toMiddleware: 'retryMiddleware' })
}

function throwFailure(error: unknown): never {
  const failure = error instanceof AttemptFailed ? error.failure : error
  throw isAbort(failure) ? failure : toRuntimeFailure(failure as Error)
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

function emptyBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: controller => controller.close() })
}
