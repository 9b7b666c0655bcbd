import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { expect, test, vi } from 'vitest'
import { arn } from './data-plane.ts'
import { preparePlatform } from './sick-platform.ts'

const { platform, runtimeOf, withTokyo } = preparePlatform()

const words = {
  session: 'No live session was found.',
  endpoint: "No endpoint or agent found with qualifier 'blue' for agent 'arn'.",
}

test.each([
  ['the session is missing, as it must be', 404, words.session, undefined],
  ['the endpoint is missing', 404, words.endpoint, 'missing'],
  ['the credentials are bad', 403, 'The security token is invalid.', 'refused'],
])('a check starts nothing, and tells whether %s', async (_, status, message, reason) => {
  platform.answerAll = outgoing => {
    outgoing.writeHead(status, { 'x-amzn-errortype': 'SomeException', 'content-type': 'application/json' })
    outgoing.end(JSON.stringify({ message }))
  }
  const checking = runtimeOf().check?.()
  await (reason ? expect(checking).rejects.toMatchObject({ reason }) : checking)
  await vi.waitUntil(() => platform.dataPlane.calls.length === 2)
  expect(platform.dataPlane.calls.map(({ url }) => url.split('?')[1]).sort()).toEqual([
    'qualifier=blue',
    'qualifier=green',
  ])
  expect(platform.dataPlane.calls.every(({ url }) => url.includes('/stopruntimesession'))).toBe(true)
})

test('a check is content with one region, and where only callers have tokens there is none', async () => {
  const runtime = runtimeOf(withTokyo())
  platform.sick = { 'eu-west-1': 503 }
  await runtime.check?.()
  platform.sick = { 'eu-west-1': 503, 'ap-northeast-1': 403 }
  await expect(runtime.check?.()).rejects.toMatchObject({ reason: 'unavailable' })
  expect(createAgentCoreRuntime({ arn, auth: { bearer: 'caller' } }).check).toBeUndefined()
})
