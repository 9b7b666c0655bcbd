import type { WarmProxy } from '@warm-agent/proxy'

/** A page without a network: Request in, Response out. */
export function createVisitorInProcess(proxy: WarmProxy, caller: string) {
  let ticket = ''
  async function post(path: string, body?: string): Promise<string> {
    const response = await proxy.fetch(
      new Request(`http://proxy.test/api/agent${path}`, {
        method: 'POST',
        headers: { 'x-caller': caller, ...(ticket && { 'warm-agent-ticket': ticket }) },
        ...(body && { body }),
      }),
    )
    const text = await response.text()
    if (!response.ok) throw new Error(`Could not measure: ${path} answered ${response.status}: ${text}`)
    ticket = response.headers.get('warm-agent-ticket') ?? ticket
    return text
  }
  return {
    async open(): Promise<void> {
      const text = await post('/sessions', '{}')
      ticket = [...text.matchAll(/"ticket":"([^"]+)"/g)].at(-1)?.[1] ?? ''
      if (!text.includes('event: warm')) throw new Error(`Could not measure: no warm-up: ${text.slice(0, 500)}`)
    },
    async beat(): Promise<void> {
      ticket = JSON.parse(await post('/sessions/beat')).ticket
    },
    send: async (): Promise<void> => void (await post('/messages', '{"prompt":"hi"}')),
    close: async (): Promise<void> => void (await post('/sessions/close')),
  }
}
