import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { environment } from './run.ts'

/**
 * Starts a server that prints its address, in a project, and opens a session as the page would.
 *
 * @returns the events that the page sees, and the answer to a message.
 * @throws Error with all that the server printed, when it does not come so far.
 */
export async function openSessionAt(
  folder: string,
  env: Readonly<Record<string, string>>,
  program: string,
  ...args: string[]
) {
  const child = spawn(program, args, { cwd: folder, env: { ...environment(), ...env } })
  const printed: string[] = []
  child.stderr.on('data', chunk => printed.push(String(chunk)))
  const exited = once(child, 'exit')
  try {
    const origin = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', line => {
        printed.push(`${line}\n`)
        const [, found] = /(http:\/\/[\w.]+:\d+)/.exec(line) ?? []
        if (found) resolve(found)
      })
      void exited.then(() => reject(new Error('It has ended.')))
    })
    const opened = await fetch(`${origin}/api/agent/sessions`, { method: 'POST', body: '{}' })
    const text = await opened.text()
    if (!opened.ok) throw new Error(`It answered ${opened.status}: ${text}`)
    const [, ticket = ''] = /"ticket":"([^"]+)"/.exec(text) ?? []
    const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const headers = { cookie, 'warm-agent-ticket': ticket }
    const answer = await fetch(`${origin}/api/agent/messages`, { method: 'POST', headers, body: '{"chunks":1}' })
    await answer.text()
    return {
      events: [...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name),
      outcome: answer.headers.get('warm-agent-outcome'),
    }
  } catch (cause) {
    throw new Error(`Could not use the server ${program} ${args.join(' ')}:\n${printed.join('')}`, { cause })
  } finally {
    child.kill()
    await exited
  }
}
