import { runCommand } from './run-command.ts'

// The SDK comes pinned with this command, so what it says of Node versions to come is not for who runs it to mend.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

process.exitCode = await runCommand(process.argv.slice(2))
