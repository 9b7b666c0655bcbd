import { randomUUID } from 'node:crypto'
import { BedrockAgentCoreClient, InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore'
import { regionOfArn } from '@warm-agent/agentcore'
import type { RuntimeSession } from '@warm-agent/proxy'

/** The AWS SDK as AWS's samples use it: with its defaults, which are three attempts and fifty sockets. */
export interface SdkCaller {
  newSession(): RuntimeSession
  invoke(
    session: RuntimeSession,
    message: string,
    signal: AbortSignal,
  ): Promise<{ contentType: string; body: AsyncIterable<Uint8Array> }>
}

export function createSdkCaller(agentRuntimeArn: string, qualifier: string): SdkCaller {
  const client = new BedrockAgentCoreClient({ region: regionOfArn(agentRuntimeArn) })
  return {
    newSession: () => ({ id: `naive-${randomUUID()}`, qualifier }),
    async invoke({ id }, message, abortSignal) {
      const command = new InvokeAgentRuntimeCommand({
        agentRuntimeArn,
        qualifier,
        runtimeSessionId: id,
        payload: new TextEncoder().encode(message),
        contentType: 'application/json',
        accept: 'text/event-stream, application/json',
      })
      const { contentType = '', response } = await client.send(command, { abortSignal })
      return { contentType, body: (response ?? []) as AsyncIterable<Uint8Array> }
    },
  }
}
