import type { Writable } from 'node:stream'

/** What a Lambda function URL sends: payload format 2.0. */
export interface FunctionUrlEvent {
  rawPath: string
  rawQueryString: string
  headers: Record<string, string | undefined>
  cookies?: string[]
  body?: string
  isBase64Encoded: boolean
  requestContext: { domainName: string; http: { method: string } }
}

interface LambdaContext {
  getRemainingTimeInMillis(): number
}

/** What a function whose answers are streamed exports. */
export type StreamingHandler = (event: FunctionUrlEvent, stream: Writable, context: LambdaContext) => Promise<void>

/** The global of Lambda's Node.js runtimes, by the developer guide, "Response streaming". */
interface AwsLambda {
  streamifyResponse(handler: StreamingHandler): StreamingHandler
  HttpResponseStream: { from(stream: Writable, prelude: object): Writable }
}

/** @throws Error outside of Lambda. */
export function lambdaRuntime(): AwsLambda {
  const { awslambda } = globalThis as { awslambda?: AwsLambda }
  if (awslambda) return awslambda
  throw new Error('Could not serve from Lambda: answers cannot be streamed here. Use a Node.js runtime of Lambda.')
}
