import type { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime'
import { onTestFinished, vi } from 'vitest'

// The library passes an option that its own Fastify deprecates, once for every app.
const { emitWarning } = process
vi.spyOn(process, 'emitWarning').mockImplementation((...parts: unknown[]) => {
  if (!parts.includes('FSTDEP023')) Reflect.apply(emitWarning, process, parts)
})

/** What the library keeps to itself and a test needs: the port that it got, and a way to stop. */
interface Insides {
  _app: { server: import('node:http').Server; close(): Promise<void> }
}

/**
 * Runs the app on a free port until the test ends.
 *
 * @note bedrock-agentcore 0.4.4 answers every error with an empty 500 when the caller accepts an event stream, so the
 * function asks for JSON unless told otherwise.
 * @returns a function that sends it one invocation.
 */
export async function serveAgent(app: { run: BedrockAgentCoreApp['run'] }) {
  const { _app: fastify } = app as unknown as Insides
  app.run({ port: 0, host: '127.0.0.1' })
  while (!fastify.server.listening) await new Promise(resolve => setTimeout(resolve, 5))
  onTestFinished(() => fastify.close())
  const address = fastify.server.address()
  if (address === null || typeof address === 'string') throw new Error('Could not read the port of the agent.')

  return (body: unknown, accept = 'application/json', headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${address.port}/invocations`, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        accept,
        'x-amzn-bedrock-agentcore-runtime-session-id': 'session-0123456789-0123456789-0123456789',
      },
      body: JSON.stringify(body),
    })
}
