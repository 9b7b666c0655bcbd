import { withEnvFile } from '../env-file.ts'
import type { Change } from './change.ts'
import type { Framework } from './framework.ts'
import type { Project } from './project.ts'

const managers = { 'pnpm-lock.yaml': 'pnpm', 'yarn.lock': 'yarn', 'bun.lock': 'bun', 'bun.lockb': 'bun' }

/** Where the server listens in development by default. Express has no default: 3000 is that of its examples. */
const ports: Record<Framework, number> = { next: 3000, vite: 5173, express: 3000 }

/** What is left to do for the user, who has just been shown the diff. */
export function nextSteps(project: Project, framework: Framework, changes: Change[]): string {
  const [, manager] = Object.entries(managers).find(([lock]) => project.has(lock)) ?? ['', 'npm']
  const hook = changes.find(({ path }) => /(use-agent|agent-session)\.[jt]s$/.test(path))?.path
  const steps = [
    changes.some(({ path }) => path === 'package.json') && `${manager} install`,
    'Copy .env.example to .env, fill it in, and keep it out of git. Without AWS: npx warm-agent emulate --agent "node agent.js" prints lines for it.',
    'Say who may call: `authorize` in the file with createWarmProxy refuses everybody until you do, or set WARM_AGENT_ANONYMOUS=1.',
    hook
      ? `In your chat, take \`fetch\` from ${hook} and send messages to /api/agent/messages.`
      : 'In your page, use useWarmAgentSession() of @warm-agent/react, or createWarmSession() of @warm-agent/client.',
    `See whether it works, with the server running: ${withEnvFile(`doctor --proxy-url http://localhost:${ports[framework]}/api/agent`)}`,
  ].filter(Boolean)
  return `\nNext:\n${steps.map((step, index) => `${index + 1}. ${step}\n`).join('')}`
}
