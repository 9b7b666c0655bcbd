import { setTimeout as sleep } from 'node:timers/promises'
import { BedrockAgentCoreClient, InvokeAgentRuntimeCommandCommand } from '@aws-sdk/client-bedrock-agentcore'
import type { RuntimeSession } from '@warm-agent/proxy'
import { withTimeout } from '../../with-timeout.ts'
import type { PingAnswer } from '../checks/ping.ts'
import { reasonOf } from './platform.ts'

const times = 3
/** More than a second apart, because `time_of_last_update` is in whole seconds. */
const apartMs = 1_100
const patienceMs = 5_000

/** Asks an agent that can be reached from here. @param url Of its server: `http://localhost:8080`. */
export async function askPing(url: string, signal: AbortSignal): Promise<PingAnswer[]> {
  const answers: PingAnswer[] = []
  for (let count = 0; count < times; count++) {
    if (count > 0) await sleep(apartMs, undefined, { signal })
    const askedAt = performance.now()
    try {
      const answer = await fetch(new URL('/ping', url), {
        signal: withTimeout(signal, patienceMs),
      })
      answers.push({ status: answer.status, body: await answer.text(), tookMs: performance.now() - askedAt })
    } catch (error) {
      signal.throwIfAborted()
      return [{ status: 0, body: reasonOf(error) }]
    }
  }
  return answers
}

const mark = '@@warm-agent'
/** Tries the programs that an image may have. An emulator's agent listens on PORT, AgentCore's on 8080. */
const get = [
  'curl -s -m 5 "$U"',
  'wget -q -T 5 -O - "$U"',
  'python3 -c "import sys,urllib.request as r; sys.stdout.write(r.urlopen(sys.argv[1],timeout=5).read().decode())" "$U"',
  'node -e "fetch(process.argv[1]).then(a=>a.text()).then(t=>process.stdout.write(t))" "$U"',
].join(' || ')
const script = `U="http://127.0.0.1:\${PORT:-8080}/ping"; ask() { ${get} || echo "${mark} none"; }; ${Array.from({ length: times }, () => `ask; echo; echo "${mark}"`).join('; sleep 1.1; ')}`

/**
 * Only the platform can reach `/ping`, so a shell command asks for it inside of the microVM.
 *
 * @returns a text that says why, when that is not possible: the permission or the shell may be missing.
 */
export async function askPingInside(
  { arn, region, token }: { arn: string; region: string; token: string | undefined },
  { id, qualifier }: RuntimeSession,
  signal: AbortSignal,
): Promise<PingAnswer[] | string> {
  const client = new BedrockAgentCoreClient({ region, ...(token !== undefined && { signer: bearerSigner(token) }) })
  try {
    const { stream } = await client.send(
      new InvokeAgentRuntimeCommandCommand({
        agentRuntimeArn: arn,
        runtimeSessionId: id,
        qualifier,
        body: { command: script, timeout: 30 },
      }),
      { abortSignal: withTimeout(signal, 40_000) },
    )
    let printed = ''
    for await (const { chunk } of stream ?? []) printed += chunk?.contentDelta?.stdout ?? ''
    return readPrinted(printed)
  } catch (error) {
    signal.throwIfAborted()
    return (error as Error).message
  } finally {
    client.destroy()
  }
}

function readPrinted(printed: string): PingAnswer[] | string {
  if (printed.includes(`${mark} none`)) {
    return 'nothing in the VM could ask it: neither curl nor wget, python3 or node is there, or nothing answers'
  }
  const bodies = printed.split(mark).slice(0, times)
  return bodies.length < times ? 'the command did not come to its end' : bodies.map(body => ({ body: body.trim() }))
}

function bearerSigner(token: string) {
  return {
    async sign<Request extends { headers: Record<string, string> }>(request: Request): Promise<Request> {
      request.headers.authorization = `Bearer ${token}`
      return request
    },
  } as never
}
