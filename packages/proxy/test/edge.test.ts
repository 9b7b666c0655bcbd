import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const webGlobals = [
  ...['AbortController', 'AbortSignal', 'Blob', 'CryptoKey', 'DOMException', 'Error', 'Headers', 'ReadableStream'],
  ...['Request', 'Response', 'TextDecoder', 'TextEncoder', 'TransformStream', 'URL', 'URLSearchParams', 'Uint8Array'],
  ...['atob', 'btoa', 'clearTimeout', 'crypto', 'performance', 'queueMicrotask', 'setTimeout', 'structuredClone'],
]

/** The proxy as an edge gets it, with everything that it imports. */
async function bundle(source: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'iife',
    // Neither Node's modules nor its globals: an import of one fails the build.
    platform: 'browser',
    conditions: ['@warm-agent/source', 'worker'],
  })
  return { code: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) }
}

test('the core, JWT, and the adapter for Next.js hold nothing of Node, of Redis or of AWS', async () => {
  const { inputs } = await bundle(`
    export * from '@warm-agent/proxy'
    export * from '@warm-agent/proxy/jwt'
    export * from '@warm-agent/proxy/next'
  `)
  const limiters = inputs.filter(file => /RateLimiter[A-Z]\w+\.js$/.test(file)).map(file => file.split('/').at(-1))
  expect(limiters.sort()).toEqual(['RateLimiterAbstract.js', 'RateLimiterMemory.js', 'RateLimiterRes.js'])
  const ofServers = /aws-sdk|smithy|redis|adapters\/(?!next)|src\/node(?!-cipher)/
  expect(inputs.filter(file => ofServers.test(file))).toEqual([])
})

test('where there is only the web, a session is warmed, a message answered, and a limit kept', async () => {
  const { code } = await bundle(`
    import { anonymousCallers, createWarmProxy } from '@warm-agent/proxy'
    const answer = text => ({ status: 200, contentType: 'text/plain', body: new Response(text).body })
    const secret = 'a secret that only this edge knows of'
    globalThis.proxy = createWarmProxy({
      runtime: {
        qualifiers: ['DEFAULT'],
        idleTimeoutMs: 900_000,
        maxLifetimeMs: 28_800_000,
        invoke: async (_, request) => answer(request.isWarmUp ? 'up' : 'hello'),
        stop: async () => {},
        warmUpRequest: () => ({ body: new Uint8Array(), contentType: 'text/plain', accept: '*/*', isWarmUp: true }),
        readEcho: () => undefined,
      },
      authorize: anonymousCallers({ secret }),
      secret,
      limits: { warmUpsPerSecond: 1 },
    })
  `)
  const web = Object.fromEntries(webGlobals.map(name => [name, Reflect.get(globalThis, name)]))
  const context = vm.createContext(web) as { proxy?: { fetch: typeof fetch } }
  vm.runInContext(code, context)
  let cookie = ''
  const post = async (path: string, ticket = '') => {
    const headers = { ...(cookie && { cookie }), ...(ticket && { 'warm-agent-ticket': ticket }) }
    const request = new Request(`https://chat.test/api/agent${path}`, { method: 'POST', headers })
    const response = await context.proxy?.fetch(request)
    cookie ||= response?.headers.get('set-cookie')?.split(';')[0] ?? ''
    return response as Response
  }
  const opened = await (await post('/sessions')).text()
  const ticket = opened.match(/event: warm\ndata: .*"ticket":"([\w.-]+)"/)?.[1]
  const answer = await post('/messages', ticket)
  expect([answer.status, answer.headers.get('warm-agent-outcome'), await answer.text()]).toEqual([200, 'warm', 'hello'])
  expect((await post('/sessions')).status).toBe(429)
})
