import type { AdminRoute } from '../admin.ts'
import type { ChaosRule } from './chaos-rule.ts'
import type { Chaos } from './create-chaos.ts'

/** Chaos over HTTP. A body is the text of the command line, or a JSON list of rules; all answer with the rules in force. */
export function chaosRoutes(chaos: Chaos): Record<string, AdminRoute> {
  const list = () => ({ rules: chaos.list() })
  return {
    'GET chaos': list,
    'POST chaos': body => {
      chaos.add(readRules(body))
      return list()
    },
    'PUT chaos': body => {
      chaos.set(readRules(body))
      return list()
    },
    'DELETE chaos': () => {
      chaos.clear()
      return list()
    },
  }
}

function readRules(body: string): string | ChaosRule[] {
  return /^\s*\[/.test(body) ? JSON.parse(body) : body
}
