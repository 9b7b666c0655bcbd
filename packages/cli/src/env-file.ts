/**
 * @param command What follows `warm-agent`.
 * @returns the line that runs it with what `.env` says, for the shells of a platform.
 */
export function withEnvFile(command: string, platform: NodeJS.Platform = process.platform): string {
  // Neither PowerShell nor cmd can read a .env, and `npx` takes no --env-file. Elsewhere it need not be installed.
  return platform === 'win32'
    ? `node --env-file=.env node_modules/warm-agent/bin/warm-agent.js ${command}`
    : `(set -a; . ./.env; npx warm-agent ${command})`
}
