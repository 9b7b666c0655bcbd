import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { listenLocally } from '../../../test/support/listen-locally.ts'

const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8').replace(/\\\n/g, ' ')
const image = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))

function dependenciesOf(name: string): string[] {
  const folder = name === 'warm-agent' ? 'cli' : name.replace('@warm-agent/', '')
  const { dependencies = {} } = JSON.parse(
    readFileSync(new URL(`../../${folder}/package.json`, import.meta.url), 'utf8'),
  ) as { dependencies?: Record<string, string> }
  const ours = Object.keys(dependencies).filter(each => each.startsWith('@warm-agent/'))
  return [name, ...ours.flatMap(dependenciesOf)]
}

test('the image has the command and the packages that it needs, and no others', () => {
  const packed = [...dockerfile.matchAll(/-w (\S+)/g)].map(([, name]) => name)
  expect(packed.sort()).toEqual([...new Set(dependenciesOf('warm-agent'))].sort())
})

test('the process is not root, cannot change its own code, and gets the signal that drains it', () => {
  expect(image).toMatch(/\nUSER node\n/)
  expect(image).not.toContain('--chown')
  expect(image).toContain('\nENTRYPOINT ["node", "node_modules/warm-agent/bin/warm-agent.js"]\nCMD ["proxy"]\n')
  expect(image).toContain('\nSTOPSIGNAL SIGTERM\n')
})

test.each([
  [200, 0],
  [503, 1],
])('the health check sees a proxy that answers %i, and ends with %i', async (status, code) => {
  const asked: unknown[] = []
  const server = createServer(({ url }, response) => {
    asked.push(url)
    response.writeHead(status).end()
  })
  const { port } = await listenLocally(server)
  const [command, ...args] = JSON.parse(/HEALTHCHECK .* CMD (\[.*\])/.exec(image)?.[1] ?? '[]') as string[]
  const env = { PATH: process.env.PATH, PORT: String(port) }
  const ended = await promisify(execFile)(command ?? '', args, { env }).then(
    () => 0,
    error => error.code,
  )
  server.close()
  expect([ended, asked]).toEqual([code, ['/api/agent/health']])
})
