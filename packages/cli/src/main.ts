import { guardOutput } from './guard-output.ts'
import { runCommand } from './run-command.ts'

// The SDK warns of Node versions that it will drop. Its version is pinned here, so the user cannot act on that.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

guardOutput()
const status = await runCommand(process.argv.slice(2))
process.exitCode ||= status
