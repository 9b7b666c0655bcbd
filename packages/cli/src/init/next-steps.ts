import type { Change } from './change.ts'
import type { Project } from './project.ts'

const managers = { 'pnpm-lock.yaml': 'pnpm', 'yarn.lock': 'yarn', 'bun.lock': 'bun', 'bun.lockb': 'bun' }

/** What is left to do for the user, who has just been shown the diff. */
export function nextSteps(project: Project, changes: Change[]): string {
  const [, manager] = Object.entries(managers).find(([lock]) => project.has(lock)) ?? ['', 'npm']
  const hook = changes.find(({ path }) => /(use-agent|agent-session)\.[jt]s$/.test(path))?.path
  const steps = [
    changes.some(({ path }) => path === 'package.json') && `${manager} install`,
    'Copy .env.example to .env and fill it in. Without AWS: npx warm-agent emulate --agent "node agent.js"',
    'Say who may call: `authorize` in the file with createWarmProxy refuses everybody until you do, or set WARM_AGENT_ANONYMOUS=1.',
    hook
      ? `In your chat, take \`fetch\` from ${hook} and send messages to /api/agent/messages.`
      : 'In your page, use useWarmAgentSession() of @warm-agent/react, or createWarmSession() of @warm-agent/client.',
    'See whether it works: npx warm-agent doctor',
  ].filter(Boolean)
  return `\nNext:\n${steps.map((step, index) => `${index + 1}. ${step}\n`).join('')}`
}
