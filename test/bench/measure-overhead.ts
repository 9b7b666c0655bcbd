import { Agent, request } from 'node:http'
import { BedrockAgentCoreClient, InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore'
import autocannon from 'autocannon'
import { createVisitor } from '../../packages/cli/src/bench/visitor.ts'
import { quantile } from './quantile.ts'
import { startDataPlane } from './start-data-plane.ts'
import { buildPackages, startProcess } from './start-process.ts'

const rounds = 150
const warmUps = 30
const perRound = 10
const connections = 32
const seconds = 6
const body = '{"prompt":"hi"}'

/** What a proxy adds to a message over a direct SDK call, and what it carries, beside a relay written by hand. */
export async function measureOverhead() {
  buildPackages()
  const plane = await startDataPlane()
  const relay = await startProcess('overhead/relay.ts', plane.env, [], { isPublished: true })
  const proxy = await startProcess('overhead/proxy.ts', plane.env, [], { isPublished: true })
  Object.assign(process.env, plane.env)
  try {
    const origin = `http://127.0.0.1:${proxy.line}/api/agent`
    const visitor = createVisitor(origin, {})
    const { warmed } = await visitor.open(AbortSignal.timeout(10_000))
    await warmed
    const ways = {
      sdk: directly(plane.env.AGENT_RUNTIME_ARN),
      relay: by(`http://127.0.0.1:${relay.line}/`, {}),
      proxy: by(`${origin}/messages`, visitor.headers()),
    }
    const samples: Record<keyof typeof ways, number[]> = { sdk: [], relay: [], proxy: [] }
    // The first rounds warm up compilers and connections. Rounds are short and take turns, so that a busy moment meets all.
    for (let round = -warmUps; round < rounds; round++) {
      for (const way of Object.keys(ways) as (keyof typeof ways)[]) {
        for (let count = 0; count < perRound; count++) {
          const sentAt = performance.now()
          await ways[way]()
          if (round >= 0) samples[way].push(performance.now() - sentAt)
        }
      }
    }
    const latency = { sdk: summary(samples.sdk), relay: summary(samples.relay), proxy: summary(samples.proxy) }
    const perSecond = {
      relay: await throughput(`http://127.0.0.1:${relay.line}/`, {}),
      proxy: await throughput(`${origin}/messages`, visitor.headers()),
    }
    const added = (way: 'relay' | 'proxy', share: 'p50Ms' | 'p99Ms') => latency[way][share] - latency.sdk[share]
    return {
      calls: rounds * perRound,
      latency,
      addedP50Ratio: round(added('proxy', 'p50Ms') / added('relay', 'p50Ms')),
      addedP50Ms: { relay: round(added('relay', 'p50Ms')), proxy: round(added('proxy', 'p50Ms')) },
      connections,
      perSecond,
      throughputRatio: round(perSecond.proxy / perSecond.relay),
    }
  } finally {
    await Promise.all([plane.stop(), relay.stop(), proxy.stop()])
  }
}

function directly(agentRuntimeArn: string): () => Promise<void> {
  const client = new BedrockAgentCoreClient({ region: 'us-east-1' })
  return async () => {
    const { response } = await client.send(
      new InvokeAgentRuntimeCommand({
        agentRuntimeArn,
        runtimeSessionId: 'a-session-0123456789-0123456789-0123456789',
        payload: new TextEncoder().encode(body),
        contentType: 'application/json',
        accept: 'text/event-stream, application/json',
      }),
    )
    await response?.transformToByteArray()
  }
}

function by(url: string, headers: Record<string, string>): () => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return () =>
    new Promise((resolve, reject) => {
      request(url, { method: 'POST', agent, headers: { ...headers, 'content-type': 'application/json' } })
        .on('response', response => {
          if (response.statusCode !== 200)
            reject(new Error(`Could not measure: ${url} answered ${response.statusCode}.`))
          response.resume().on('end', resolve)
        })
        .on('error', reject)
        .end(body)
    })
}

async function throughput(url: string, headers: Record<string, string>): Promise<number> {
  const options = { url, method: 'POST' as const, headers: { ...headers, 'content-type': 'application/json' }, body }
  await autocannon({ ...options, connections, duration: 2 })
  const { requests, non2xx } = await autocannon({ ...options, connections, duration: seconds })
  if (non2xx > 0) throw new Error(`Could not measure: ${non2xx} answers of ${url} were errors.`)
  return Math.round(requests.average)
}

function summary(samples: readonly number[]) {
  return { p50Ms: round(quantile(samples, 0.5)), p99Ms: round(quantile(samples, 0.99)) }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
