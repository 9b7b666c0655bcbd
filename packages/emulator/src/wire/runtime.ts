import { isRuntimeId, parseArn } from '../arn.ts'
import { violated } from '../platform-errors.ts'

/** The one runtime that exists. */
export interface Runtime {
  arn: string
  hasQualifier(qualifier: string): boolean
}

/** Whether `asked`, an ARN or the id of an agent of `accountId`, is the runtime of that ARN. Throws 400 when it is neither. */
export function isRuntime(asked: string, accountId: string | undefined, arn: string): boolean {
  if (parseArn(asked)) return asked === arn
  if (!isRuntimeId(asked)) throw violated('agentRuntimeArn', 'Member must be the ARN or the id of an agent runtime')
  if (accountId === undefined) throw violated('accountId', 'Member must not be null when the agent is given by its id')
  const own = parseArn(arn)
  return asked === own?.runtimeId && accountId === own.accountId
}
