import { Agent } from 'node:http'
import { Socket } from 'node:net'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { expect, test } from 'vitest'
import { asFailure } from '../src/failures.ts'

const errorWith = (about: object, message = 'it broke') => Object.assign(new Error(message), about)

test.each([
  ['refused', errorWith({ code: 'ECONNREFUSED' }), false],
  ['to a name that is unknown', errorWith({ code: 'ENOTFOUND' }), false],
  ['to a name that could not be looked up just now', errorWith({ code: 'EAI_AGAIN' }), false],
  ['to a host that is out of reach', errorWith({ code: 'EHOSTUNREACH' }), false],
  ['to a network that is out of reach', errorWith({ code: 'ENETUNREACH' }), false],
  ['that failed for another reason while it was made', errorWith({ code: 'ETIMEDOUT', syscall: 'connect' }), false],
  ['reset later on', errorWith({ code: 'ECONNRESET', syscall: 'read' }), true],
  ['broken for no known reason', errorWith({}), true],
])('after a connection %s the agent may have run: $2', (_, error, mayHaveRun) => {
  expect(asFailure(error)).toMatchObject({ reason: 'unreachable', mayHaveRun, cause: error })
})

test('a connection that does not come to be in time ran nothing: the SDK tells that only in its words', async () => {
  const httpAgent = new Agent()
  httpAgent.createConnection = () => Object.assign(new Socket(), { connecting: true })
  const handler = new NodeHttpHandler({ connectionTimeout: 1, httpAgent })
  const request = { protocol: 'http:', hostname: 'a.test', path: '/', method: 'POST', headers: {}, query: {} }
  const error = await handler.handle(request as never).catch(error => error)
  expect(asFailure(error)).toMatchObject({ name: 'RuntimeFailure', reason: 'unreachable', mayHaveRun: false })
})
