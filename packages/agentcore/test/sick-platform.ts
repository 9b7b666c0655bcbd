import type { ServerResponse } from 'node:http'
import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { type AgentCoreRuntimeOptions, createAgentCoreRuntime, type EndpointEvent } from '@warm-agent/agentcore'
import type { AgentRequest, AgentRuntime } from '@warm-agent/proxy'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { arn, refuse, startDataPlane } from './data-plane.ts'

export const arnInTokyo = arn.replace('eu-west-1', 'ap-northeast-1')

interface Platform {
  dataPlane: Awaited<ReturnType<typeof startDataPlane>>
  events: EndpointEvent[]
  /** How each endpoint answers, by qualifier or region; the others are well. */
  sick: Record<string, number>
  /** Answers every call, whatever is sick. */
  answerAll: ((outgoing: ServerResponse) => void) | undefined
  /** Once it is there, calls wait in it for their answers. */
  held: (() => void)[] | undefined
}

/** For each test of a file a platform whose endpoints may be sick, and a clock that stands still. */
export function preparePlatform() {
  const platform = {} as Platform

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const dataPlane = await startDataPlane((incoming, outgoing) => {
      const { answerAll, held, sick } = platform
      if (answerAll) return answerAll(outgoing)
      const url = decodeURIComponent(incoming.url ?? '')
      const [, status] = Object.entries(sick).find(([name]) => url.includes(name)) ?? []
      if (status) return refuse(outgoing, status, 'SomeException')
      const answer = () => void outgoing.end('{}')
      held ? held.push(answer) : answer()
    })
    Object.assign(platform, { dataPlane, events: [], sick: {}, answerAll: undefined, held: undefined })
  })
  afterEach(() => {
    platform.dataPlane.close()
    vi.useRealTimers()
  })

  const client = (region: string) =>
    new BedrockAgentCoreClient({
      region,
      endpoint: platform.dataPlane.url,
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    })
  return {
    platform,
    runtimeOf: (options: Partial<AgentCoreRuntimeOptions> = {}) =>
      createAgentCoreRuntime({
        arn,
        qualifiers: ['blue', 'green'],
        client: client('eu-west-1'),
        onEvent: event => platform.events.push(event),
        ...options,
      }),
    withTokyo: (arn = arnInTokyo) => ({ fallbacks: [{ arn, client: client('ap-northeast-1') }] }),
  }
}

let sessions = 0
export const sessionOn = (qualifier: string) => ({ id: `session-${++sessions}`.padEnd(33, '0'), qualifier })

export function place(runtime: AgentRuntime, times: number): (string | undefined)[] {
  return Array.from({ length: times }, () => runtime.placeSession?.())
}

const message: AgentRequest = { body: new Uint8Array(), contentType: 'application/json', accept: '*/*' }

export async function invoke(runtime: AgentRuntime, qualifier: string, request = message) {
  const answer = await runtime.invoke(sessionOn(qualifier), request, new AbortController().signal)
  await answer.body.cancel()
}

export async function failTimes(runtime: AgentRuntime, qualifier: string, times: number) {
  for (let time = 0; time < times; time++) await expect(invoke(runtime, qualifier)).rejects.toThrow()
}
