import { fromErrorBody, toErrorBody, WarmAgentError } from '@warm-agent/protocol'
import { expect, test } from 'vitest'

test('an error crosses the wire with its code and retry hint, and without its cause', () => {
  const error = new WarmAgentError('rate_limited', 'Could not warm: too many. Wait.', {
    cause: new Error('secret'),
    retryAfterMs: 1000,
  })
  const body = toErrorBody(error)
  expect(JSON.stringify(body)).not.toContain('secret')
  expect(fromErrorBody(body)).toMatchObject({ code: 'rate_limited', retryAfterMs: 1000 })
  expect(fromErrorBody(body)?.cause).toBeUndefined()
})

test.each([undefined, null, 'text', {}, { error: 'text' }, { error: { code: 1 } }])(
  '%j is none of our errors',
  body => {
    expect(fromErrorBody(body)).toBeUndefined()
  },
)
