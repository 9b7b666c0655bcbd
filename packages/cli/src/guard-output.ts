/**
 * Keeps the process alive when stdout or stderr cannot be written. Nobody may read any more (`| head`, a closed terminal), but
 * the command must still stop what it started, and write its report. Any other failure of stdout, like a full disk, is told on
 * stderr and makes the exit status 1.
 */
export function guardOutput(): void {
  const { stdout, stderr } = process
  let isTold = false
  stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // A terminal that is gone fails with EIO.
    const hasNoReader = code === 'EPIPE' || stdout.isTTY
    if (hasNoReader || isTold) return
    isTold = true
    process.exitCode ||= 1
    stderr.write(`Could not write to stdout: ${message}. Send it elsewhere.\n`)
  })
  stderr.on('error', () => {})
}
