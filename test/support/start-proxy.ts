import { type Started, warmAgent } from './command.ts'

export interface StartedProxy extends Started {
  origin: string
}

/** Starts the command `proxy` as a process of its own, for anonymous callers and on a free port unless `env` says otherwise. */
export async function startProxy(env: Record<string, string>): Promise<StartedProxy> {
  const command = warmAgent(['proxy'], {
    WARM_AGENT_SECRET: 'a secret that all proxies of these tests share',
    WARM_AGENT_ANONYMOUS: '1',
    PORT: '0',
    ...env,
  })
  const [, origin = ''] = await command.lineMatching(/(http:\/\/127\.0\.0\.1:\d+)\/api\/agent$/)
  return { ...command, origin }
}
