import { guardOutput } from './guard-output.ts'
import { runCommand } from './run-command.ts'

// The SDK comes pinned with this command, so its user cannot act on what it says of future Node versions.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

guardOutput()
const status = await runCommand(process.argv.slice(2))
process.exitCode ||= status
