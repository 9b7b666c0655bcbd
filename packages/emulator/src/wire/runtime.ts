import { violated } from '../platform-errors.ts'

/** The one runtime that exists. */
export interface Runtime {
  arn: string
  hasQualifier(qualifier: string): boolean
}

/** The patterns of the service model in the AWS SDK 3.1141. */
const arnPattern =
  /^arn:aws(-[^:]+)?:bedrock-agentcore:[a-z0-9-]+:([0-9]{12}):runtime\/([a-zA-Z][a-zA-Z0-9_]{0,47}-[a-zA-Z0-9]{10})$/
const idPattern = /^[a-zA-Z][a-zA-Z0-9_]{0,47}-[a-zA-Z0-9]{10}$/

/** Whether `asked`, an ARN or the id of an agent of `accountId`, is the runtime of that ARN. Throws 400 when it is neither. */
export function isRuntime(asked: string, accountId: string | undefined, arn: string): boolean {
  if (arnPattern.test(asked)) return asked === arn
  if (!idPattern.test(asked)) throw violated('agentRuntimeArn', 'Member must be the ARN or the id of an agent runtime')
  if (accountId === undefined) throw violated('accountId', 'Member must not be null when the agent is given by its id')
  const [, , account, id] = arnPattern.exec(arn) ?? []
  return asked === id && accountId === account
}
