/** Tells on stderr what is being done: on a terminal in one line that is replaced, elsewhere (and on one that cannot: TERM=dumb) in a line each. */
export function createSteps(): { begin(text: string): void; clear(): void } {
  const isReplaced = process.stderr.isTTY && process.env.TERM !== 'dumb'
  const clear = () => {
    if (isReplaced) process.stderr.write('\r\u001b[K')
  }
  return {
    clear,
    begin(text) {
      clear()
      process.stderr.write(isReplaced ? `… ${text}` : `… ${text}\n`)
    },
  }
}
